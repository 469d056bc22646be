import { POOL, REPOSITORY } from "../../api/disk";
import { useDiscovering, useObject, useObjects } from "../../api/hooks";
import type { DiskPool, DiskRepository } from "../../api/disk";
import { Looking } from "../../components/Looking";
import { NotThere } from "../../components/NotThere";
import { useLeave } from "../../components/useLeave";
import { _ } from "../../text";
import type { PageProps } from "..";
import { PoolPage } from "./PoolPage";
import { RepositoryPage } from "./RepositoryPage";
import { StorageOverview } from "./StorageOverview";

/** #/storage, #/storage/pools/STACK/NAME, #/storage/repositories/STACK/VOLUME: as the object paths of the daemon. */
export default function StoragePage({ rest }: PageProps) {
    const path = `/org/bams/Disk/${rest.join("/")}`;
    const hasPools = useObjects<DiskPool>(POOL).length > 0;
    const pool = useObject<DiskPool>(path, POOL);
    const repository = useObject<DiskRepository>(path, REPOSITORY);
    const isLooking = useDiscovering("disk");
    useLeave(path, pool !== undefined || repository !== undefined, isLooking, "storage");
    if (rest.length === 0) return isLooking && !hasPools ? <Looking area="disk" /> : <StorageOverview />;
    if (pool) return <PoolPage pool={pool} />;
    if (repository) return <RepositoryPage repository={repository} />;
    return (
        <NotThere area="disk" to={["storage"]} others={_("All storage")}>
            {_("The pool or repository of this address was removed or renamed.")}
        </NotThere>
    );
}
