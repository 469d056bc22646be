import { useEffect, useRef } from "react";

import { POOL, REPOSITORY } from "../../api/disk";
import { useObject } from "../../api/hooks";
import type { DiskPool, DiskRepository } from "../../api/disk";
import { NothingHere } from "../../components/NothingHere";
import { Link, go } from "../../routing";
import { _ } from "../../text";
import type { PageProps } from "..";
import { PoolPage } from "./PoolPage";
import { RepositoryPage } from "./RepositoryPage";
import { StorageOverview } from "./StorageOverview";

/** #/storage, #/storage/pools/STACK/NAME, #/storage/repositories/STACK/VOLUME: as the object paths of the daemon. */
export default function StoragePage({ rest }: PageProps) {
    const path = `/org/bams/Disk/${rest.join("/")}`;
    const pool = useObject<DiskPool>(path, POOL);
    const repository = useObject<DiskRepository>(path, REPOSITORY);
    const seen = useRef("");
    const isThere = pool !== undefined || repository !== undefined;
    useEffect(() => {
        // It was shown and is gone now: deleted, most likely here.
        if (!isThere && seen.current === path) go(["storage"]);
        seen.current = isThere ? path : "";
    }, [isThere, path]);
    if (rest.length === 0) return <StorageOverview />;
    if (pool) return <PoolPage pool={pool} />;
    if (repository) return <RepositoryPage repository={repository} />;
    return (
        <NothingHere title={_("This is not there any more")} action={<Link to={["storage"]}>{_("All storage")}</Link>}>
            {_("The pool or repository of this address was removed or renamed.")}
        </NothingHere>
    );
}
