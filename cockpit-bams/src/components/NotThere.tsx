import type { ReactNode } from "react";

import { useDiscovering } from "../api/hooks";
import type { DeviceArea } from "../api/manager";
import { Link } from "../routing";
import { _ } from "../text";
import { Looking } from "./Looking";
import { NothingHere } from "./NothingHere";

interface Props {
    area: DeviceArea;
    /** Where all of its kind are. */
    to: string[];
    /** The words of the way there. */
    others: string;
    /** What may have become of it. */
    children: ReactNode;
}

/** The address of an object that the daemon does not have, or not yet. */
export function NotThere({ area, to, others, children }: Props) {
    if (useDiscovering(area)) return <Looking area={area} />;
    return (
        <NothingHere title={_("This is not there any more")} action={<Link to={to}>{others}</Link>}>
            {children}
        </NothingHere>
    );
}
