import { Checkbox, FormGroup, FormSelect, FormSelectOption, TextInput } from "@patternfly/react-core";
import { useState } from "react";

import { useObject } from "../../api/hooks";
import { ISCSI, ISCSI_PATH, type Iscsi, type IscsiTarget, setCredentials } from "../../api/iscsi";
import { type Options, b, s } from "../../api/wire";
import { PlanDialog } from "../../components/PlanDialog";
import { _, fill } from "../../text";
import { SecretField } from "./SecretField";
import { useApply } from "./useApply";
import { secretProblem } from "./words";

type Mode = "keep" | "set" | "none";

interface Pair {
    mode: Mode;
    user: string;
    secret: string;
}

function isGood({ mode, user, secret }: Pair): boolean {
    return mode !== "set" || (user !== "" && secret !== "" && secretProblem(secret) === "");
}

/** Both texts of a pair; both empty take it away, and none at all leaves it. */
function given(names: [user: string, secret: string], { mode, user, secret }: Pair): Options {
    if (mode === "keep") return {};
    return { [names[0]]: s(mode === "set" ? user : ""), [names[1]]: s(mode === "set" ? secret : "") };
}

interface PairProps {
    id: string;
    label: string;
    none: string;
    pair: Pair;
    isKept: boolean;
    problem?: string;
    onChange: (pair: Pair) => void;
}

function PairFields({ id, label, none, pair, isKept, problem, onChange }: PairProps) {
    return (
        <>
            <FormGroup label={label} fieldId={`${id}-mode`}>
                <FormSelect
                    id={`${id}-mode`}
                    value={pair.mode}
                    onChange={(_event, mode) => onChange({ ...pair, mode: mode as Mode })}
                >
                    {isKept && <FormSelectOption value="keep" label={_("Leave as it is")} />}
                    <FormSelectOption value="set" label={_("Set user and secret (CHAP)")} />
                    <FormSelectOption value="none" label={none} />
                </FormSelect>
            </FormGroup>
            {pair.mode === "set" && (
                <>
                    <FormGroup label={_("User")} fieldId={`${id}-user`} isRequired>
                        <TextInput
                            id={`${id}-user`}
                            value={pair.user}
                            dir="ltr"
                            autoComplete="off"
                            spellCheck={false}
                            onChange={(_event, user) => onChange({ ...pair, user })}
                        />
                    </FormGroup>
                    <SecretField
                        id={`${id}-secret`}
                        label={_("Secret")}
                        value={pair.secret}
                        onChange={(secret) => onChange({ ...pair, secret })}
                        {...(problem ? { problem } : {})}
                    />
                </>
            )}
        </>
    );
}

export function SetCredentials({ target, onClose }: { target: IscsiTarget; onClose: () => void }) {
    const backend = useObject<Iscsi>(ISCSI_PATH, ISCSI)?.Backend;
    const { Iqn, ChapUsers, MutualChapUser } = target;
    const [login, setLogin] = useState<Pair>({ mode: "set", user: ChapUsers[0] ?? "", secret: "" });
    const [mutual, setMutual] = useState<Pair>({
        mode: MutualChapUser ? "keep" : "none",
        user: MutualChapUser,
        secret: "",
    });
    const [add, setAdd] = useState(false);
    const applying = useApply();
    const bothAreSet = login.mode === "set" && mutual.mode === "set";
    const isSame = bothAreSet && login.secret !== "" && login.secret === mutual.secret;
    const isProven = login.mode === "set" || (login.mode === "keep" && ChapUsers.length > 0);
    const problem = isSame ? _("This must be another secret than the first.") : "";
    const lonely = mutual.mode !== "none" && !isProven;
    return (
        <PlanDialog
            title={fill(_("Credentials of {name}"), { name: Iqn })}
            verb={_("Set")}
            isReady={isGood(login) && isGood(mutual) && !isSame && !lonely}
            trouble={applying.note}
            dropping={applying.dropping}
            change={(common) =>
                setCredentials(Iqn, {
                    ...applying.options(common),
                    ...given(["user", "secret"], login),
                    // Without a pair to take away there is nothing to say of it.
                    ...(mutual.mode === "none" && !MutualChapUser
                        ? {}
                        : given(["mutual_user", "mutual_secret"], mutual)),
                    ...(add && login.mode === "set" ? { add: b(true) } : {}),
                })
            }
            onClose={onClose}
        >
            <p>{_("Sessions stay. A new secret counts from the next log-in on. Nobody can read it here later.")}</p>
            <PairFields
                id="chap"
                label={_("How initiators prove who they are")}
                none={_("Ask for nothing")}
                pair={login}
                isKept={ChapUsers.length > 0}
                onChange={setLogin}
            />
            {backend === "scst" && login.mode === "set" && ChapUsers.length > 0 && (
                <Checkbox
                    id="chap-add"
                    label={_("Keep the other users")}
                    description={ChapUsers.join(", ")}
                    isChecked={add}
                    onChange={(_event, on) => setAdd(on)}
                />
            )}
            <PairFields
                id="mutual"
                label={_("How the target proves itself to initiators")}
                none={_("Not at all")}
                pair={mutual}
                isKept={MutualChapUser !== ""}
                problem={problem}
                onChange={setMutual}
            />
            {lonely && <p>{_("The target can prove itself only to initiators that prove who they are.")}</p>}
            {applying.field}
        </PlanDialog>
    );
}
