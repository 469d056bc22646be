import { Card, CardBody, CardHeader, CardTitle } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useEffect, useRef } from "react";

import { BUNDLE_JOB, type Bundle, listBundles } from "../../api/bundles";
import { downloadAddress } from "../../api/download";
import { useAnswer, useObjects } from "../../api/hooks";
import { JOB, type Job } from "../../api/jobs";
import { ActionButton } from "../../components/ActionButton";
import { ErrorAlert } from "../../components/ErrorAlert";
import { NothingHere } from "../../components/NothingHere";
import { Button } from "../../components/spoken";
import { openDialog } from "../../dialogs";
import { bytes, time } from "../../format";
import { _, fill } from "../../text";
import { CreateBundle } from "./CreateBundle";
import { DeleteBundle } from "./DeleteBundle";

const askBundles = () => listBundles();

function BundleRow({ bundle, onDelete }: { bundle: Bundle; onDelete: () => void }) {
    const { name, path, size, created } = bundle;
    return (
        <Tr>
            <Td dataLabel={_("Name")} className="bams-wrap">
                {name}
            </Td>
            <Td dataLabel={_("Made")}>{time(created)}</Td>
            <Td dataLabel={_("Size")} className="bams-number">
                {bytes(size)}
            </Td>
            <Td isActionCell>
                <div className="bams-row-buttons">
                    <Button
                        variant="link"
                        component="a"
                        href={downloadAddress(path, size)}
                        download
                        aria-label={fill(_("Download {name}"), { name })}
                    >
                        {_("Download")}
                    </Button>
                    <ActionButton
                        action="org.bams.manage"
                        variant="link"
                        isDanger
                        aria-label={fill(_("Delete {name}"), { name })}
                        onClick={onDelete}
                    >
                        {_("Delete")}
                    </ActionButton>
                </div>
            </Td>
        </Tr>
    );
}

/** Archives of all that support needs. */
export function BundlesCard() {
    const { value: bundles, error, again } = useAnswer(askBundles);
    const jobs = useObjects<Job>(JOB).filter(({ Operation }) => Operation === BUNDLE_JOB);
    const ended = jobs.filter(({ State }) => State !== "running" && State !== "planned").length;
    const before = useRef(ended);
    useEffect(() => {
        if (before.current !== ended) again();
        before.current = ended;
    }, [ended, again]);
    const remove = (bundle: Bundle) =>
        openDialog((close) => <DeleteBundle bundle={bundle} onTried={again} onClose={close} />);
    const isRunning = jobs.some(({ State }) => State === "running");
    const create = (
        <ActionButton
            action="org.bams.manage"
            variant="secondary"
            onClick={() => openDialog((close) => <CreateBundle onClose={close} />)}
            {...(isRunning ? { refusal: _("One is being made at this moment.") } : {})}
        >
            {_("Create support bundle")}
        </ActionButton>
    );
    return (
        <Card>
            <CardHeader actions={{ actions: create, hasNoOffset: true }}>
                <CardTitle component="h2">{_("Support bundles")}</CardTitle>
            </CardHeader>
            <CardBody className="bams-table-body">
                {error && <ErrorAlert error={error} />}
                {bundles?.length === 0 && (
                    <NothingHere compact title={_("No support bundle")}>
                        {_(
                            "It collects configuration, states and logs into one file, without secrets, to send to " +
                                "those who help you.",
                        )}
                    </NothingHere>
                )}
                {bundles && bundles.length > 0 && (
                    <>
                        <p className="bams-inset bams-quiet">
                            {_("Root and members of the group bams-admin can download them.")}
                        </p>
                        <Table variant="compact" aria-label={_("Support bundles")}>
                            <Thead>
                                <Tr>
                                    <Th>{_("Name")}</Th>
                                    <Th>{_("Made")}</Th>
                                    <Th>{_("Size")}</Th>
                                    <Th screenReaderText={_("Actions")} />
                                </Tr>
                            </Thead>
                            <Tbody>
                                {bundles.map((bundle) => (
                                    <BundleRow key={bundle.name} bundle={bundle} onDelete={() => remove(bundle)} />
                                ))}
                            </Tbody>
                        </Table>
                    </>
                )}
            </CardBody>
        </Card>
    );
}
