import { Flex, FlexItem } from "@patternfly/react-core";
import { SyncAltIcon } from "@patternfly/react-icons/dist/esm/icons/sync-alt-icon";
import { type ReactNode, useEffect, useState } from "react";

import { Button } from "../../components/spoken";
import { ago, time } from "../../format";
import { _, fill } from "../../text";
import type { Bacula } from "./useBacula";

const TICK_MS = 10_000;

/** How old the answers on this page are, and a way to ask anew. The clock runs here alone: it asks nobody. */
export function AsOf({ bacula: { asOf, loading, refresh }, children }: { bacula: Bacula; children: ReactNode }) {
    const [, tick] = useState(0);
    useEffect(() => {
        const timer = setInterval(() => tick((before) => before + 1), TICK_MS);
        return () => clearInterval(timer);
    }, []);
    return (
        <Flex alignItems={{ default: "alignItemsCenter" }} columnGap={{ default: "columnGapSm" }}>
            {asOf > 0 && (
                <FlexItem className="bams-quiet">
                    <span title={time(asOf)}>{fill(_("Asked {ago}"), { ago: ago(asOf) })}</span>
                </FlexItem>
            )}
            <FlexItem>
                <Button variant="secondary" icon={<SyncAltIcon />} isLoading={loading} onClick={refresh}>
                    {_("Refresh")}
                </Button>
            </FlexItem>
            {children && <FlexItem>{children}</FlexItem>}
        </Flex>
    );
}
