// A small chart of lines over time. Its texts are HTML beside the drawing, so that they keep their size on a phone;
// the same figures stand in a table for who cannot see the drawing.
import { ExpandableSection } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useId, useState } from "react";

import { moment } from "../format";
import { _, fill } from "../text";
import { type Line, extent, pathOf, rows } from "./lines";

/** How each line looks: colour and dashes, so that colour is never the only sign. */
const LOOKS = ["bams-line-1", "bams-line-2", "bams-line-3", "bams-line-4"] as const;

export const WIDTH = 600;
export const HEIGHT = 160;

interface Props {
    label: string;
    lines: readonly Line[];
    /** A value as text: bytes, rate, number. */
    format: (value: number) => string;
}

/** The newest value of each line, in words. */
function summary(lines: readonly Line[], format: (value: number) => string): string {
    return lines
        .map(({ name, points }) => {
            const last = points[points.length - 1];
            return last ? fill(_("{name}: {value}"), { name, value: format(last.value) }) : "";
        })
        .filter(Boolean)
        .join(", ");
}

function Legend({ lines }: { lines: readonly Line[] }) {
    return (
        <ul className="bams-legend">
            {lines.map(({ name }, index) => (
                <li key={name}>
                    <svg aria-hidden="true" className="bams-sample" width="32" height="8" viewBox="0 0 32 8">
                        <path className={LOOKS[index % LOOKS.length] ?? ""} d="M0 4H32" />
                    </svg>
                    <span className="bams-wrap">{name}</span>
                </li>
            ))}
        </ul>
    );
}

function Figures({ label, lines, format }: Props) {
    return (
        <Table variant="compact" aria-label={label}>
            <Thead>
                <Tr>
                    <Th modifier="wrap">{_("Time")}</Th>
                    {lines.map(({ name }) => (
                        <Th key={name} modifier="wrap">{name}</Th>
                    ))}
                </Tr>
            </Thead>
            <Tbody>
                {rows(lines).map(({ time, values }) => (
                    <Tr key={time}>
                        <Td dataLabel={_("Time")} className="bams-number">
                            {moment(time)}
                        </Td>
                        {values.map((value, index) => (
                            <Td key={lines[index]?.name ?? index} dataLabel={lines[index]?.name ?? ""}>
                                {value === null ? "–" : format(value)}
                            </Td>
                        ))}
                    </Tr>
                ))}
            </Tbody>
        </Table>
    );
}

export function LineChart({ label, lines, format }: Props) {
    const [isOpen, setOpen] = useState(false);
    const id = useId();
    const { from, to, top } = extent(lines);
    return (
        <figure className="bams-chart" aria-labelledby={id}>
            <figcaption id={id} className="pf-v6-screen-reader">
                {label}
            </figcaption>
            {/* Time runs from left to right in every language, as in every chart. */}
            <div dir="ltr">
                <div className="bams-quiet">{format(top)}</div>
                <svg
                    role="img"
                    className="bams-drawing"
                    aria-label={`${label}. ${summary(lines, format)}`}
                    viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
                    preserveAspectRatio="none"
                >
                    <path className="bams-grid" d={`M0 0H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT}H${WIDTH}`} />
                    {lines.map((line, index) => (
                        <path
                            key={line.name}
                            className={LOOKS[index % LOOKS.length] ?? ""}
                            d={pathOf(line, { from, to, top }, WIDTH, HEIGHT)}
                        />
                    ))}
                </svg>
                <div className="bams-axis bams-quiet">
                    <span>{moment(from)}</span>
                    <span>{moment(to)}</span>
                </div>
            </div>
            <Legend lines={lines} />
            <ExpandableSection
                toggleText={isOpen ? _("Hide the figures") : _("Show the figures as a table")}
                isExpanded={isOpen}
                onToggle={(_event, next) => setOpen(next)}
            >
                {isOpen && <Figures label={label} lines={lines} format={format} />}
            </ExpandableSection>
        </figure>
    );
}
