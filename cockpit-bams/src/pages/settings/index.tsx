import { NotYet } from "../../components/NotYet";
import type { PageProps } from "..";

export default function SettingsPage(_props: PageProps) {
    return <NotYet />;
}
