import { Checkbox, FormGroup, FormSelect, FormSelectOption } from "@patternfly/react-core";
import { useState } from "react";

import { createBundle } from "../../api/bundles";
import { useAnswer } from "../../api/hooks";
import { listServices } from "../../api/logs";
import { as, t } from "../../api/wire";
import { PlanDialog } from "../../components/PlanDialog";
import { N_, _ } from "../../text";

const DAY_US = 24 * 3600e6;

/** From when on logs are wanted: days, or empty for what the configuration says. */
const AGES: readonly { days: string; text: string }[] = [
    { days: "", text: N_("As the configuration says") },
    { days: "1", text: N_("Last 24 hours") },
    { days: "7", text: N_("Last 7 days") },
    { days: "30", text: N_("Last 30 days") },
];

export function CreateBundle({ onClose }: { onClose: () => void }) {
    const { value: services = [] } = useAnswer(listServices);
    const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
    const [days, setDays] = useState("");
    const present = services.filter((service) => service.present);
    const wanted = present.map(({ name }) => name).filter((name) => !left.has(name));
    const choose = (name: string, chosen: boolean) => {
        setLeft((before) => new Set(chosen ? [...before].filter((known) => known !== name) : [...before, name]));
    };
    return (
        <PlanDialog
            title={_("Create a support bundle")}
            verb={_("Create")}
            isReady={services.length > 0 && wanted.length > 0}
            change={(common) =>
                createBundle({
                    ...common,
                    ...(left.size ? { services: as(wanted) } : {}),
                    ...(days ? { since: t(Date.now() * 1000 - Number(days) * DAY_US) } : {}),
                })
            }
            onClose={onClose}
        >
            <p>
                {_(
                    "Configuration, versions, states, reports of devices, logs, alerts, the audit record and jobs go " +
                        "into one file on this host. Secrets are taken out.",
                )}
            </p>
            <FormGroup label={_("Logs")} fieldId="bundle-age">
                <FormSelect id="bundle-age" value={days} onChange={(_event, value) => setDays(value)}>
                    {AGES.map((age) => (
                        <FormSelectOption key={age.days} value={age.days} label={_(age.text)} />
                    ))}
                </FormSelect>
            </FormGroup>
            <FormGroup role="group" label={_("Logs of")} fieldId="bundle-services" isStack>
                {present.map(({ name, description }) => (
                    <Checkbox
                        key={name}
                        id={`bundle-${name}`}
                        label={description}
                        isChecked={!left.has(name)}
                        onChange={(_event, chosen) => choose(name, chosen)}
                    />
                ))}
            </FormGroup>
        </PlanDialog>
    );
}
