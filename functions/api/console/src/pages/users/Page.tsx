import { Stack, Table, Text } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { $api, type Schema } from "~/api/client";
import { useMay, useSession } from "~/api/session";
import { Dot } from "~/components/Dot";
import { EditedList, PAGE } from "~/components/EditedList";
import { Head } from "~/components/Head";
import { RowActions } from "~/components/RowActions";
import { Time } from "~/components/Time";
import { useFilters } from "~/filters";
import { Create, Edit } from "./Edit";
import { Remove } from "./Remove";
import { ROLES, type RoleName } from "./rules";

/** Who may log in with a password, and as what. */
export function Page() {
  const { t } = useTranslation();
  const { me } = useSession();
  if (me?.passwords) return <Users />;
  return (
    <Stack gap="sm">
      <Head title={t("users.title")} />
      <Text>{t("users.google")}</Text>
    </Stack>
  );
}

function Users() {
  const { t } = useTranslation();
  const filters = useFilters();
  const query = $api.useQuery(
    "get",
    "/auth/fab/v1/users",
    { params: { query: { limit: PAGE, offset: filters.number("offset"), order_by: ["username"] } } },
    { placeholderData: keepPreviousData },
  );
  return (
    <EditedList
      title={t("users.title")}
      query={query}
      count={(count) => t("users.count", { count })}
      may={useMay("users:edit")}
      add={t("users.create")}
      none={t("common.empty.filtered")}
      list={({ users }, edit) => <List users={users} onEdit={edit} />}
      create={(onClose) => <Create onClose={onClose} />}
      edit={(name, onClose) => <Edit name={name} onClose={onClose} />}
    />
  );
}

function List({ users, onEdit }: { users: Schema["UserResponse"][]; onEdit: (name: string) => void }) {
  const { t } = useTranslation();
  const { me } = useSession();
  const may = useMay("users:edit");
  return (
    <Table.ScrollContainer minWidth={0}>
      <Table verticalSpacing={6} highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("users.columns.username")}</Table.Th>
            <Table.Th visibleFrom="sm">{t("users.columns.name")}</Table.Th>
            <Table.Th visibleFrom="sm">{t("users.columns.email")}</Table.Th>
            <Table.Th>{t("users.columns.role")}</Table.Th>
            <Table.Th>{t("users.columns.active")}</Table.Th>
            <Table.Th visibleFrom="md">{t("users.columns.created")}</Table.Th>
            {may ? <Table.Th>{t("forms.columns.actions")}</Table.Th> : null}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {users.map((user) => (
            <Table.Tr key={user.username}>
              <Table.Td className="anywhere">
                <Text size="sm" fw={500} component="span">
                  {user.username}
                </Text>
                {user.username === me?.username ? ` (${t("users.you")})` : ""}
              </Table.Td>
              <Table.Td className="anywhere" visibleFrom="sm">
                {`${user.first_name} ${user.last_name}`.trim()}
              </Table.Td>
              <Table.Td className="anywhere" visibleFrom="sm">
                {user.email}
              </Table.Td>
              <Table.Td>{user.roles.map((role) => word(role.name)).join(", ")}</Table.Td>
              <Table.Td>
                <Dot state={user.active ? "success" : "none"}>{t(user.active ? "users.active" : "users.inactive")}</Dot>
              </Table.Td>
              <Table.Td visibleFrom="md">
                <Time at={user.created_on} seconds={false} />
              </Table.Td>
              {may ? (
                <Table.Td w={90}>
                  <RowActions
                    edit={{ label: t("users.editOne", { name: user.username }), onClick: () => onEdit(user.username) }}
                    remove={(onClose) => <Remove name={user.username} onClose={onClose} />}
                    removeLabel={t("users.deleteOne", { name: user.username })}
                  />
                </Table.Td>
              ) : null}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );

  function word(role: string): string {
    return (ROLES as readonly string[]).includes(role) ? t(`users.roles.${role as RoleName}`) : role;
  }
}
