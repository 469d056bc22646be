import { ExpandableSection, Label, List, ListItem } from "@patternfly/react-core";

import type { Effect, Step } from "../api/jobs";
import { N_, _ } from "../text";

const EFFECTS: Record<Effect, { text: string; status: "success" | "info" | "warning" | "danger" }> = {
    safe: { text: N_("Safe"), status: "success" },
    pause: { text: N_("Pauses I/O"), status: "info" },
    disconnect: { text: N_("Drops sessions"), status: "warning" },
    destroy: { text: N_("Loses data"), status: "danger" },
};

/** The steps of a plan in their order, with what each does to those who use the appliance. */
export function PlanSteps({ steps }: { steps: readonly Step[] }) {
    const commands = steps.filter(({ command }) => command !== "");
    return (
        <>
            <List component="ol" className="bams-plan">
                {steps.map((step, index) => (
                    <ListItem key={index}>
                        <span className="bams-plan-step">
                            <span className="bams-wrap">{step.summary}</span>
                            <Label isCompact status={EFFECTS[step.effect].status}>
                                {_(EFFECTS[step.effect].text)}
                            </Label>
                        </span>
                    </ListItem>
                ))}
            </List>
            {commands.length > 0 && (
                <ExpandableSection toggleText={_("What will run")}>
                    <pre className="bams-commands">{commands.map(({ command }) => command).join("\n")}</pre>
                </ExpandableSection>
            )}
        </>
    );
}
