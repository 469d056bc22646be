import {
    Button, Card, CardBody, CardHeader, CardTitle, Checkbox, SearchInput, Toolbar, ToolbarContent, ToolbarItem,
} from "@patternfly/react-core";
import { Table, Tbody, Td, Th, type ThProps, Thead, Tr } from "@patternfly/react-table";
import { useState } from "react";

import { POOL, REPOSITORY, type DiskPool, type DiskRepository } from "../../api/disk";
import { useObjects } from "../../api/hooks";
import { ActionButton } from "../../components/ActionButton";
import { NothingHere } from "../../components/NothingHere";
import { StateLabel } from "../../components/StateLabel";
import { useDialog } from "../../components/useDialog";
import { bytes } from "../../format";
import { Link, placeOf } from "../../routing";
import { _, ngettext } from "../../text";
import { CreateRepository } from "./CreateRepository";
import { RepositoryActions } from "./RepositoryActions";
import { usageText } from "./words";

type Column = "Name" | "Pool" | "State" | "Size" | "Used";

const COLUMNS: readonly Column[] = ["Name", "Pool", "State", "Size", "Used"];

/** How many rows are drawn at once: all of many hundreds would take a second. The search looks at all of them. */
const MORE = 100;

function compare(left: DiskRepository, right: DiskRepository, column: Column): number {
    const [a, b] = [left[column], right[column]];
    return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
}

function RepositoryRow({ repository }: { repository: DiskRepository }) {
    return (
        <Tr>
            <Td dataLabel={_("Name")} className="bams-wrap">
                <Link to={placeOf(repository.path) ?? []}>{repository.Name}</Link>
                {!repository.Owned && <div className="bams-quiet">{_("made by others")}</div>}
            </Td>
            <Td dataLabel={_("Pool")} className="bams-wrap">
                {repository.Pool}
            </Td>
            <Td dataLabel={_("State")}>
                <StateLabel state={repository.State} title={repository.StateText} />
            </Td>
            <Td dataLabel={_("Use")} className="bams-wrap">
                {repository.Owned ? usageText(repository) : bytes(null)}
            </Td>
            <Td dataLabel={_("Size")} className="bams-number">
                {bytes(repository.Size)}
            </Td>
            <Td dataLabel={_("Taken")} className="bams-number">
                {bytes(repository.UsedKnown ? repository.Used : null)}
            </Td>
            <Td isActionCell>
                <RepositoryActions repository={repository} />
            </Td>
        </Tr>
    );
}

/** Repositories of all pools, or of one. */
export function RepositoriesCard({ within }: { within?: (repository: DiskRepository) => boolean }) {
    const pools = useObjects<DiskPool>(POOL);
    const all = useObjects<DiskRepository>(REPOSITORY).filter(within ?? (() => true));
    const [text, setText] = useState("");
    const [withOthers, setWithOthers] = useState(within !== undefined);
    const [sort, setSort] = useState<{ column: number; direction: "asc" | "desc" }>({ column: 0, direction: "asc" });
    const [limit, setLimit] = useState(MORE);
    const { dialog, open } = useDialog();

    const others = all.filter(({ Owned }) => !Owned).length;
    const column = COLUMNS[sort.column] ?? "Name";
    const shown = all
        .filter(({ Owned }) => Owned || withOthers)
        .filter(({ Name, Pool }) => `${Name} ${Pool}`.toLowerCase().includes(text.trim().toLowerCase()))
        .sort((a, b) => compare(a, b, column) * (sort.direction === "asc" ? 1 : -1));
    const sortBy = (name: Column): NonNullable<ThProps["sort"]> => ({
        columnIndex: COLUMNS.indexOf(name),
        sortBy: { index: sort.column, direction: sort.direction },
        onSort: (_event, index, direction) => setSort({ column: index, direction }),
    });
    const create = (
        <ActionButton
            action="org.bams.disk.manage"
            onClick={() => open((close) => <CreateRepository onClose={close} />)}
            {...(pools.length === 0 ? { refusal: _("There is no pool to make it in. Create a pool first.") } : {})}
        >
            {_("Create repository")}
        </ActionButton>
    );
    return (
        <Card>
            <CardHeader {...(within ? {} : { actions: { actions: create, hasNoOffset: true } })}>
                <CardTitle component="h2">{_("Repositories")}</CardTitle>
            </CardHeader>
            <CardBody className="bams-table-body">
                {(all.length > 5 || others > 0 || text !== "") && (
                    <Toolbar inset={{ default: "insetNone" }}>
                        <ToolbarContent alignItems="center">
                            <ToolbarItem>
                                <SearchInput
                                    value={text}
                                    aria-label={_("Find a repository")}
                                    placeholder={_("Find a repository")}
                                    onChange={(_event, value) => setText(value)}
                                    onClear={() => setText("")}
                                />
                            </ToolbarItem>
                            {others > 0 && (
                                <ToolbarItem alignSelf="center">
                                    <Checkbox
                                        id="with-others"
                                        label={_("Show volumes that others made")}
                                        isChecked={withOthers}
                                        onChange={(_event, checked) => setWithOthers(checked)}
                                    />
                                </ToolbarItem>
                            )}
                        </ToolbarContent>
                    </Toolbar>
                )}
                {shown.length === 0 ? (
                    <NothingHere compact title={text ? _("Nothing of that name") : _("No repository")}>
                        {text
                            ? _("Look for another part of the name.")
                            : _("Repositories hold backups: as a file system for Bacula, or as a device for iSCSI.")}
                    </NothingHere>
                ) : (
                    <Table variant="compact" aria-label={_("Repositories")}>
                        <Thead>
                            <Tr>
                                <Th sort={sortBy("Name")}>{_("Name")}</Th>
                                <Th sort={sortBy("Pool")}>{_("Pool")}</Th>
                                <Th sort={sortBy("State")}>{_("State")}</Th>
                                <Th>{_("Use")}</Th>
                                <Th sort={sortBy("Size")}>{_("Size")}</Th>
                                <Th sort={sortBy("Used")}>{_("Taken")}</Th>
                                <Th screenReaderText={_("Actions")} />
                            </Tr>
                        </Thead>
                        <Tbody>
                            {shown.slice(0, limit).map((repository) => (
                                <RepositoryRow key={repository.path} repository={repository} />
                            ))}
                        </Tbody>
                    </Table>
                )}
                {shown.length > limit && (
                    <Button variant="link" className="bams-inset" onClick={() => setLimit(limit + MORE)}>
                        {ngettext("Show {count} more", "Show {count} more", Math.min(MORE, shown.length - limit))}
                    </Button>
                )}
            </CardBody>
            {dialog}
        </Card>
    );
}
