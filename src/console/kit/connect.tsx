import { type Client, type Reach, type Step, suits, textOf } from '../../connect/client.ts';
import { CLIENTS } from '../../connect/clients.ts';
import { isLoopback } from '../../protocol/safe-url.ts';
import { Copy } from './copy.tsx';
import { useView } from './view.ts';

interface ConnectProps {
  reach: Reach;
  /** Of the key that is shown; null where there is none yet. */
  keyPurpose: string | null;
  /** The id of the client that is open; else it is the first that the purpose is for. */
  opened?: string | undefined;
}

function StepOf({ id, step }: { id: string; step: Step }) {
  const { texts, language } = useView();
  switch (step.kind) {
    case 'fields':
      return (
        <>
          <p>{step.where[language]}</p>
          {step.fields.map(([label, value], index) => (
            <Copy id={`${id}-${index}`} label={label} text={value} />
          ))}
        </>
      );
    case 'environment':
      return <Copy id={id} label={texts.connect.terminal} text={textOf(step)} block />;
    case 'file':
      return <Copy id={id} label={step.path} text={textOf(step)} block />;
    case 'code':
      return <Copy id={id} label={step.language} text={textOf(step)} block />;
  }
}

function PurposeHint({ client, keyPurpose }: { client: Client; keyPurpose: string | null }) {
  const { connect } = useView().texts;
  if (keyPurpose === null) return <p class="soft">{connect.wants(client.purpose)}</p>;
  return suits(client, keyPurpose) ? null : <p class="warn">{connect.other(client.purpose, keyPurpose)}</p>;
}

function SetUp({ client, reach, keyPurpose }: Omit<ConnectProps, 'opened'> & { client: Client }) {
  const { texts, language } = useView();
  const isOutOfReach = client.callsFromOutside && isLoopback(new URL(reach.origin));
  return (
    <div class="stack">
      <PurposeHint client={client} keyPurpose={keyPurpose} />
      {isOutOfReach && <p class="warn">{texts.connect.outside(client.name)}</p>}
      {client.steps(reach).map((step, index) => (
        <StepOf id={`${client.id}-${index}`} step={step} />
      ))}
      <p class="soft">{client.works[language]}</p>
      {client.limits !== null && <p class="soft">{client.limits[language]}</p>}
    </div>
  );
}

/** Choose the client, and its set-up opens: one at a time, by the browser itself. */
export function Connect({ reach, keyPurpose, opened }: ConnectProps) {
  const { connect } = useView().texts;
  const chosen = CLIENTS.find(({ id, purpose }) => (opened === undefined ? purpose === keyPurpose : id === opened));
  return (
    <section class="panel clients">
      <h2>{connect.title}</h2>
      <p class="soft">{connect.lead}</p>
      {CLIENTS.map((client) => (
        <details name="client" open={client === chosen}>
          <summary>{client.name}</summary>
          <SetUp client={client} reach={reach} keyPurpose={keyPurpose} />
        </details>
      ))}
    </section>
  );
}
