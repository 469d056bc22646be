import { useDiscovering, useObject } from "../../api/hooks";
import { type IscsiTarget, TARGET } from "../../api/iscsi";
import { Looking } from "../../components/Looking";
import { NotThere } from "../../components/NotThere";
import { useLeave } from "../../components/useLeave";
import { _ } from "../../text";
import type { PageProps } from "..";
import { IscsiOverview } from "./IscsiOverview";
import { TargetPage } from "./TargetPage";

/** #/iscsi, #/iscsi/targets/NAME: as the object paths of the daemon. */
export default function IscsiPage({ rest }: PageProps) {
    const path = `/org/bams/Iscsi/${rest.join("/")}`;
    const target = useObject<IscsiTarget>(path, TARGET);
    const isLooking = useDiscovering("iscsi");
    useLeave(path, target !== undefined, isLooking, "iscsi");
    if (rest.length === 0) return isLooking ? <Looking area="iscsi" /> : <IscsiOverview />;
    if (target) return <TargetPage target={target} />;
    return (
        <NotThere area="iscsi" to={["iscsi"]} others={_("All targets")}>
            {_("The target of this address was removed.")}
        </NotThere>
    );
}
