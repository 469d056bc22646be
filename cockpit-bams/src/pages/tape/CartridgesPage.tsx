import {
    Card, CardBody, CardHeader, CardTitle, FormSelect, FormSelectOption, Toolbar, ToolbarContent, ToolbarItem,
} from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useState } from "react";

import { useObjects } from "../../api/hooks";
import { type Cartridge, LIBRARY, type TapeLibrary } from "../../api/tape";
import { ErrorAlert } from "../../components/ErrorAlert";
import { FindInput } from "../../components/FindInput";
import { NothingHere } from "../../components/NothingHere";
import { Button, Spinner } from "../../components/spoken";
import { number, time } from "../../format";
import { Link } from "../../routing";
import { _ } from "../../text";
import { CartridgePlace } from "./CartridgePlace";
import { useCartridges } from "./useCartridges";
import { cartridgeKind } from "./words";

function CartridgeRow({ cartridge }: { cartridge: Cartridge }) {
    const { barcode, home_slot: home, loads, last_seen: seen } = cartridge;
    return (
        <Tr>
            <Td dataLabel={_("Barcode")} className="bams-barcode">
                <Link to={["tape", "cartridges", barcode]}>{barcode}</Link>
            </Td>
            <Td dataLabel={_("Kind")}>{cartridgeKind(cartridge)}</Td>
            <Td dataLabel={_("Where it is")} className="bams-wrap">
                <CartridgePlace cartridge={cartridge} />
            </Td>
            <Td dataLabel={_("Home slot")} className="bams-number">
                {home ? number(home) : "–"}
            </Td>
            <Td dataLabel={_("Loads")} className="bams-number">
                {number(loads)}
            </Td>
            <Td dataLabel={_("Last seen")}>{time(seen)}</Td>
        </Tr>
    );
}

/** Every cartridge that BAMS has ever seen. */
export function CartridgesPage() {
    const libraries = useObjects<TapeLibrary>(LIBRARY);
    const [text, setText] = useState("");
    const [library, setLibrary] = useState("");
    const { cartridges, hasMore, loading, error, more } = useCartridges(text.trim(), library);
    const isSearch = text.trim() !== "" || library !== "";
    return (
        <Card>
            <CardHeader>
                <CardTitle component="h2">{_("Cartridges")}</CardTitle>
            </CardHeader>
            <CardBody className="bams-table-body">
                <Toolbar inset={{ default: "insetNone" }}>
                    <ToolbarContent alignItems="center">
                        <ToolbarItem>
                            <FindInput text={text} label={_("Find a cartridge")} onChange={setText} />
                        </ToolbarItem>
                        {libraries.length > 1 && (
                            <ToolbarItem>
                                <FormSelect
                                    value={library}
                                    aria-label={_("Last seen in")}
                                    onChange={(_event, value) => setLibrary(value)}
                                >
                                    <FormSelectOption value="" label={_("All libraries")} />
                                    {libraries.map(({ Serial, Name }) => (
                                        <FormSelectOption key={Serial} value={Serial} label={Name} />
                                    ))}
                                </FormSelect>
                            </ToolbarItem>
                        )}
                        {loading && (
                            <ToolbarItem alignSelf="center">
                                <Spinner size="md" aria-label={_("Loading")} />
                            </ToolbarItem>
                        )}
                    </ToolbarContent>
                </Toolbar>
                {error && <ErrorAlert error={error} title={_("The cartridges cannot be read")} />}
                {cartridges.length > 0 && (
                    <Table variant="compact" aria-label={_("Cartridges")}>
                        <Thead>
                            <Tr>
                                <Th>{_("Barcode")}</Th>
                                <Th>{_("Kind")}</Th>
                                <Th>{_("Where it is")}</Th>
                                <Th>{_("Home slot")}</Th>
                                <Th>{_("Loads")}</Th>
                                <Th>{_("Last seen")}</Th>
                            </Tr>
                        </Thead>
                        <Tbody>
                            {cartridges.map((cartridge) => (
                                <CartridgeRow key={cartridge.barcode} cartridge={cartridge} />
                            ))}
                        </Tbody>
                    </Table>
                )}
                {cartridges.length === 0 && !loading && !error && (
                    <NothingHere compact title={isSearch ? _("No such cartridge") : _("No cartridge was seen yet")}>
                        {isSearch
                            ? _("Look for another part of the barcode. Capital and small letters differ.")
                            : _("Each cartridge with a barcode is written down here when a library is read.")}
                    </NothingHere>
                )}
                {hasMore && (
                    <Button variant="link" className="bams-inset" isLoading={loading} onClick={more}>
                        {_("Show more")}
                    </Button>
                )}
            </CardBody>
        </Card>
    );
}
