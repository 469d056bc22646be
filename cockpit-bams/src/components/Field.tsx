import type { ReactNode } from "react";

/** A filter with its label above it, in a row of class bams-filters. */
export function Field({ label, id, children }: { label: string; id: string; children: ReactNode }) {
    return (
        <div className="bams-filter">
            <label htmlFor={id}>{label}</label>
            {children}
        </div>
    );
}
