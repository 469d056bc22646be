import { useEffect, useRef } from "react";

import { go } from "../routing";

/**
 * Leave the page of an object that was shown and is gone: deleted, most likely here. While the daemon still looks for
 * its devices nothing is gone.
 */
export function useLeave(path: string, isThere: boolean, isLooking: boolean, to: string): void {
    const seen = useRef("");
    useEffect(() => {
        if (isLooking) return;
        if (!isThere && seen.current === path) go([to]);
        seen.current = isThere ? path : "";
    }, [path, isThere, isLooking, to]);
}
