import { LockIcon } from "@patternfly/react-icons/dist/esm/icons/lock-icon";
import { Card, CardBody } from "@patternfly/react-core";
import type { ReactNode } from "react";

import { useAllowed, usePermissions } from "../api/permissions";
import { _ } from "../text";
import { NothingHere } from "./NothingHere";

/** What only some may read; the others are told why. Nothing before the permissions are known. */
export function MayRead({ action, title, children }: { action: string; title: string; children: ReactNode }) {
    const known = Object.keys(usePermissions()).length > 0;
    const { allowed, reason } = useAllowed(action);
    if (!known) return null;
    if (allowed) return children;
    return (
        <Card>
            <CardBody>
                <NothingHere title={title} icon={LockIcon}>
                    {reason} {_("The settings show what you may do.")}
                </NothingHere>
            </CardBody>
        </Card>
    );
}
