import { useEffect, useRef } from "react";

import { useObject } from "../../api/hooks";
import { type IscsiTarget, TARGET } from "../../api/iscsi";
import { NothingHere } from "../../components/NothingHere";
import { Link, go } from "../../routing";
import { _ } from "../../text";
import type { PageProps } from "..";
import { IscsiOverview } from "./IscsiOverview";
import { TargetPage } from "./TargetPage";

/** #/iscsi, #/iscsi/targets/NAME: as the object paths of the daemon. */
export default function IscsiPage({ rest }: PageProps) {
    const path = `/org/bams/Iscsi/${rest.join("/")}`;
    const target = useObject<IscsiTarget>(path, TARGET);
    const seen = useRef("");
    const isThere = target !== undefined;
    useEffect(() => {
        // It was shown and is gone now: deleted, most likely here.
        if (!isThere && seen.current === path) go(["iscsi"]);
        seen.current = isThere ? path : "";
    }, [isThere, path]);
    if (rest.length === 0) return <IscsiOverview />;
    if (target) return <TargetPage target={target} />;
    return (
        <NothingHere title={_("This is not there any more")} action={<Link to={["iscsi"]}>{_("All targets")}</Link>}>
            {_("The target of this address was removed.")}
        </NothingHere>
    );
}
