import type { Invitation } from '../../store/invitations.ts';
import { invitationState } from '../../store/invitations.ts';
import type { Page } from '../../store/page.ts';
import type { MemberTemplate } from '../../store/schema.ts';
import { Badge } from '../kit/badge.tsx';
import { Copy } from '../kit/copy.tsx';
import { Field, type FieldErrors, Select } from '../kit/field.tsx';
import { EditForm, Form } from '../kit/form.tsx';
import { type ModelGroup, ModelPicker } from '../kit/model-picker.tsx';
import { Note } from '../kit/note.tsx';
import { Pager } from '../kit/pager.tsx';
import type { FieldValues } from '../kit/read-form.ts';
import { Empty, Table } from '../kit/table.tsx';
import { Sentence, Time } from '../kit/time.tsx';
import { useView } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';
import { BudgetFields, RateFields } from './key-fields.tsx';
import { fieldsOfTemplate } from './key-input.ts';

export interface MembersProps {
  template: MemberTemplate;
  invitations: Page<Invitation>;
  cursor: string | null;
  /** Names offered in the form; more can be typed. */
  owners: readonly string[];
  models: readonly ModelGroup[];
  /** Whether people can sign in by themselves. */
  hasAccess: boolean;
  typed: FieldValues;
  errors: FieldErrors;
  note: { text: string; bad: boolean } | null;
}

function Template({ template, models, typed, errors }: MembersProps) {
  const { keyForm, members, save } = useView().texts;
  const current = fieldsOfTemplate(template);
  return (
    <section class="panel" id="template">
      <h2>{members.template}</h2>
      <p class="soft">{members.templateLead}</p>
      <EditForm
        action="/admin/members"
        seen={{ revision: template.revision, values: current }}
        typed={typed}
        errors={errors}
        submit={save}
      >
        <div class="fields">
          <Select
            name="enabled"
            label={members.enabled}
            options={[
              ['off', members.off],
              ['on', members.on],
            ]}
          />
          <Field name="max_keys" label={members.maxKeys} inputmode="numeric" />
          <Field
            name="expires_after"
            label={members.expiresAfter}
            hint={members.expiresAfterHint}
            placeholder={keyForm.noExpiry}
          />
        </div>
        <ModelPicker groups={models} />
        <BudgetFields />
        <RateFields />
      </EditForm>
    </section>
  );
}

function Invite({ owners, typed, errors }: MembersProps) {
  const { members } = useView().texts;
  return (
    <section class="panel" id="invite">
      <h2>{members.invite}</h2>
      <p class="soft">{members.inviteLead}</p>
      <Form
        action="/admin/members/invitations"
        values={typed}
        errors={errors}
        look="row start"
        submit={members.makeLink}
        submitLook="after-label"
        novalidate
      >
        <Field name="username" label={members.user} hint={members.userHint} list="owners" required />
      </Form>
      <datalist id="owners">
        {owners.map((owner) => (
          <option value={owner} />
        ))}
      </datalist>
    </section>
  );
}

function TakeBack({ invitation }: { invitation: Invitation }) {
  const { members } = useView().texts;
  return (
    <Form
      action={`/admin/members/invitations/${encodeURIComponent(invitation.id)}/take-back`}
      hidden={{ owner: invitation.owner }}
      submit={members.takeBack}
      submitHint={members.takeBackHint(invitation.owner)}
      submitLook="plain tight"
    />
  );
}

function InvitationTable({ rows }: { rows: readonly Invitation[] }) {
  const view = useView();
  const { members } = view.texts;
  const stateOf = (each: Invitation) => invitationState(each, view.now);
  return (
    <Table
      caption={members.caption}
      rows={rows}
      columns={[
        {
          head: members.user,
          cell: ({ owner }) => <a href={`/admin/users/${encodeURIComponent(owner)}`}>{owner}</a>,
        },
        {
          head: members.state,
          cell: (each) => (
            <Badge tone={stateOf(each) === 'open' ? 'good' : 'soft'}>{members.states[stateOf(each)]}</Badge>
          ),
        },
        {
          head: members.made,
          look: 'wide-only',
          cells: 'nowrap',
          cell: ({ createdAt }) => <Time at={createdAt} />,
        },
        {
          head: members.until,
          look: 'wide-only',
          cells: 'nowrap',
          cell: ({ expiresAt }) => <Time at={expiresAt} />,
        },
        {
          head: <span class="quiet">{members.action}</span>,
          look: 'number',
          cell: (each) =>
            each.keyId !== null ? (
              <a href={`/admin/keys/${encodeURIComponent(each.keyId)}`}>{members.key}</a>
            ) : (
              stateOf(each) === 'open' && <TakeBack invitation={each} />
            ),
        },
      ]}
    />
  );
}

/** What people may make by themselves, and links for those who do not sign in. */
export function MembersPage(props: MembersProps) {
  const { invitations, cursor, hasAccess, note } = props;
  const { members } = useView().texts;
  return (
    <Frame title={members.title} place="members">
      <Head title={members.title} lead={members.lead} />
      {note !== null && <Note {...note} />}
      {!hasAccess && <p class="note">{members.noAccess}</p>}
      <Invite {...props} />
      <section>
        <h2>{members.invitations}</h2>
        {invitations.data.length > 0 ? (
          <InvitationTable rows={invitations.data} />
        ) : (
          <Empty>
            <p>{members.none}</p>
          </Empty>
        )}
        <Pager path="/admin/members" cursor={cursor} next={invitations.nextCursor} />
      </section>
      <Template {...props} />
    </Frame>
  );
}

/** A link, the one time that it is shown. */
export function LinkPage({ invitation, url }: { invitation: Invitation; url: string }) {
  const { members } = useView().texts;
  const title = members.linkTitle(invitation.owner);
  return (
    <Frame title={title} place="members">
      <Head title={title} />
      <section class="panel">
        <p class="warn">{members.once}</p>
        <Copy id="link" label={members.link} text={url} />
        <p>
          <Sentence words={members.linkUntil}>
            <Time at={invitation.expiresAt} />
          </Sentence>
        </p>
      </section>
      <a class="button" href="/admin/members">
        {members.back}
      </a>
    </Frame>
  );
}
