import { type ReactNode, useCallback, useState } from "react";

/** One dialog at a time: put `dialog` anywhere, and open it with a function that makes it. */
export function useDialog(): { dialog: ReactNode; open: (make: (close: () => void) => ReactNode) => void } {
    const [dialog, setDialog] = useState<ReactNode>(null);
    const open = useCallback((make: (close: () => void) => ReactNode) => {
        setDialog(make(() => setDialog(null)));
    }, []);
    return { dialog, open };
}
