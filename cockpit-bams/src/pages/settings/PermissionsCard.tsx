import { Card, CardBody, CardTitle, Label } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";

import type { Answer } from "../../api/manager";
import { ACTIONS, usePermissions } from "../../api/permissions";
import { N_, _ } from "../../text";

const ANSWERS: Record<Answer, { text: string; status?: "success" | "warning" }> = {
    yes: { text: N_("You may"), status: "success" },
    challenge: { text: N_("With administrative access"), status: "warning" },
    no: { text: N_("You may not") },
};

/** What the person may do, and who may with the rules that BAMS ships. */
export function PermissionsCard() {
    const permissions = usePermissions();
    const actions = Object.keys({ ...ACTIONS, ...permissions });
    return (
        <Card>
            <CardTitle component="h2">{_("Permissions")}</CardTitle>
            <CardBody className="bams-table-body">
                <p className="bams-inset bams-space-below">
                    {_("Who may do what is decided by polkit. Put a person into a group to give the role to them.")}
                </p>
                <Table variant="compact" aria-label={_("Permissions")}>
                    <Thead>
                        <Tr>
                            <Th>{_("What")}</Th>
                            <Th>{_("You")}</Th>
                            <Th>{_("Who may, unless the administrator changed it")}</Th>
                        </Tr>
                    </Thead>
                    <Tbody>
                        {actions.map((action) => {
                            const known = ACTIONS[action];
                            const { text, ...look } = ANSWERS[permissions[action] ?? "no"];
                            return (
                                <Tr key={action}>
                                    <Td dataLabel={_("What")} className="bams-wrap">
                                        {known ? _(known.description) : action}
                                        <div className="bams-quiet">{action}</div>
                                    </Td>
                                    <Td dataLabel={_("You")}>
                                        <Label isCompact variant="outline" {...look}>
                                            {_(text)}
                                        </Label>
                                    </Td>
                                    <Td dataLabel={_("Who may")}>{known ? _(known.who) : ""}</Td>
                                </Tr>
                            );
                        })}
                    </Tbody>
                </Table>
            </CardBody>
        </Card>
    );
}
