import { Card, CardBody, CardTitle, Stack, StackItem } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useCallback } from "react";

import { useAnswer, useSignal } from "../../api/hooks";
import { type CartridgeMove, TAPE, getCartridge } from "../../api/tape";
import { Details } from "../../components/Details";
import { ErrorAlert } from "../../components/ErrorAlert";
import { NothingHere } from "../../components/NothingHere";
import { ObjectHead } from "../../components/ObjectHead";
import { Spinner } from "../../components/spoken";
import { number, time } from "../../format";
import { Link } from "../../routing";
import { N_, _ } from "../../text";
import { CartridgePlace, LibraryName } from "./CartridgePlace";
import { cartridgeKind, placeText, slotText } from "./words";

const CAUSES: Record<string, string> = {
    bams: N_("BAMS"),
    outside: N_("Others: by hand, or another program"),
};

function causeText({ cause, person }: CartridgeMove): string {
    const text = CAUSES[cause];
    return [text ? _(text) : cause, person].filter(Boolean).join(", ");
}

function History({ barcode, moves }: { barcode: string; moves: readonly CartridgeMove[] }) {
    if (moves.length === 0) {
        return (
            <NothingHere compact title={_("No move yet")}>
                {_("Each move of this cartridge is written down here, whoever made it.")}
            </NothingHere>
        );
    }
    return (
        <Table variant="compact" aria-label={_("History")}>
            <Thead>
                <Tr>
                    <Th>{_("Time")}</Th>
                    <Th>{_("From")}</Th>
                    <Th>{_("To")}</Th>
                    <Th>{_("Library")}</Th>
                    <Th>{_("By")}</Th>
                </Tr>
            </Thead>
            <Tbody>
                {moves.map((move, index) => (
                    <Tr key={`${barcode} ${move.time_us} ${index}`}>
                        <Td dataLabel={_("Time")}>{time(move.time_us)}</Td>
                        <Td dataLabel={_("From")}>{placeText(move.from_kind, move.from_number)}</Td>
                        <Td dataLabel={_("To")}>{placeText(move.to_kind, move.to_number)}</Td>
                        <Td dataLabel={_("Library")} className="bams-wrap">
                            <LibraryName serial={move.library} />
                        </Td>
                        <Td dataLabel={_("By")} className="bams-wrap">
                            {causeText(move)}
                        </Td>
                    </Tr>
                ))}
            </Tbody>
        </Table>
    );
}

export function CartridgePage({ barcode }: { barcode: string }) {
    const ask = useCallback(() => getCartridge(barcode), [barcode]);
    const { value: cartridge, error, again } = useAnswer(ask);
    useSignal(TAPE, "SlotsChanged", again);
    const head = <ObjectHead trail={[[_("Cartridges"), ["tape", "cartridges"]]]} title={barcode} />;
    if (error?.short === "NotFound") {
        return (
            <NothingHere
                title={_("This cartridge was never seen")}
                action={<Link to={["tape", "cartridges"]}>{_("All cartridges")}</Link>}
            >
                <span className="bams-wrap">{error.message}</span>
            </NothingHere>
        );
    }
    if (!cartridge) {
        return (
            <>
                {head}
                {error ? <ErrorAlert error={error} /> : <Spinner aria-label={_("Loading")} />}
            </>
        );
    }
    const { home_slot: home, loads, first_seen: first, last_seen: last, moves } = cartridge;
    return (
        <>
            {head}
            <Stack hasGutter>
                <StackItem>
                    <Card>
                        <CardTitle component="h3">{_("Cartridge")}</CardTitle>
                        <CardBody>
                            <Details
                                entries={[
                                    [_("Where it is"), <CartridgePlace key="place" cartridge={cartridge} />],
                                    [_("Kind"), cartridgeKind(cartridge)],
                                    [_("Home slot"), home > 0 ? slotText(home) : _("not known")],
                                    [_("Loads"), number(loads)],
                                    [_("First seen"), time(first)],
                                    [_("Last seen"), time(last)],
                                ]}
                            />
                        </CardBody>
                    </Card>
                </StackItem>
                <StackItem>
                    <Card>
                        <CardTitle component="h3">{_("History")}</CardTitle>
                        <CardBody className="bams-table-body">
                            <History barcode={barcode} moves={moves} />
                        </CardBody>
                    </Card>
                </StackItem>
            </Stack>
        </>
    );
}
