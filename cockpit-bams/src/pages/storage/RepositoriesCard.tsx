import {
    Card, CardBody, CardHeader, CardTitle, Checkbox, Toolbar, ToolbarContent, ToolbarItem,
} from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useState } from "react";

import { POOL, REPOSITORY, type DiskPool, type DiskRepository } from "../../api/disk";
import { useObjects } from "../../api/hooks";
import { ActionButton } from "../../components/ActionButton";
import { FindInput } from "../../components/FindInput";
import { NothingHere } from "../../components/NothingHere";
import { StateLabel } from "../../components/StateLabel";
import { useFew } from "../../components/useFew";
import { useSorted } from "../../components/useSorted";
import { openDialog } from "../../dialogs";
import { bytes } from "../../format";
import { Link, placeOf } from "../../routing";
import { _ } from "../../text";
import { CreateRepository } from "./CreateRepository";
import { RepositoryActions } from "./RepositoryActions";
import { usageText } from "./words";

const COLUMNS = {
    name: ({ Name }: DiskRepository) => Name,
    pool: ({ Pool }: DiskRepository) => Pool,
    state: ({ State }: DiskRepository) => State,
    size: ({ Size }: DiskRepository) => Size,
    used: ({ Used }: DiskRepository) => Used,
};

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

    const others = all.filter(({ Owned }) => !Owned).length;
    const shown = all
        .filter(({ Owned }) => Owned || withOthers)
        .filter(({ Name, Pool }) => `${Name} ${Pool}`.toLowerCase().includes(text.trim().toLowerCase()));
    const { sorted, sortBy } = useSorted(shown, COLUMNS);
    const { few, more } = useFew(sorted);
    const create = (
        <ActionButton
            action="org.bams.disk.manage"
            onClick={() => openDialog((close) => <CreateRepository onClose={close} />)}
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
                                <FindInput text={text} label={_("Find a repository")} onChange={setText} />
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
                                <Th sort={sortBy("name")}>{_("Name")}</Th>
                                <Th sort={sortBy("pool")}>{_("Pool")}</Th>
                                <Th sort={sortBy("state")}>{_("State")}</Th>
                                <Th>{_("Use")}</Th>
                                <Th sort={sortBy("size")}>{_("Size")}</Th>
                                <Th sort={sortBy("used")}>{_("Taken")}</Th>
                                <Th screenReaderText={_("Actions")} />
                            </Tr>
                        </Thead>
                        <Tbody>
                            {few.map((repository) => (
                                <RepositoryRow key={repository.path} repository={repository} />
                            ))}
                        </Tbody>
                    </Table>
                )}
                {more}
            </CardBody>
        </Card>
    );
}
