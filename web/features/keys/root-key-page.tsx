import { CodeSnippet, Tag } from '@carbon/react';
import type { ReactNode } from 'react';
import { Page } from '../../components/page.tsx';
import { type Column, RowsTable } from '../../components/rows-table.tsx';

type Threat = { who: string; keyFile: boolean; passphrase: boolean | 'as-good-as' };

/** In both columns the data itself is sealed; the question is what it takes to open it. */
const threats: readonly Threat[] = [
  { who: 'A stolen disk, or a copy or backup of the data, without the key file', keyFile: true, passphrase: true },
  {
    who: 'The same together with the key file, for example a backup of the whole machine',
    keyFile: false,
    passphrase: 'as-good-as',
  },
  { who: 'The whole machine, stolen when it is switched off', keyFile: false, passphrase: 'as-good-as' },
  { who: 'An administrator of the machine while the server runs', keyFile: false, passphrase: false },
  { who: 'Whoever reads the memory of the running server, or its swap', keyFile: false, passphrase: false },
];

const columns: readonly Column<Threat>[] = [
  { header: 'Somebody has', kind: 'name', cell: ({ who }) => who },
  { header: 'Key file', cell: ({ keyFile }) => <Answer protects={keyFile} /> },
  { header: 'Key file with passphrase', cell: ({ passphrase }) => <Answer protects={passphrase} /> },
];

function Answer({ protects }: { protects: Threat['passphrase'] }) {
  if (protects === 'as-good-as') {
    return (
      <>
        <Tag size="sm" type="green" className="cl-tag--alone">
          Protected
        </Tag>
        <span className="cl-table__second-line">as well as the passphrase is hard to guess</span>
      </>
    );
  }
  return (
    <Tag size="sm" type={protects ? 'green' : 'red'} className="cl-tag--alone">
      {protects ? 'Protected' : 'Not protected'}
    </Tag>
  );
}

/** The honest page about the local root key. It has no secret and asks the server nothing. */
export function RootKeyPage() {
  return (
    <Page
      title="The local root key"
      lead="A file on the machine of the server, outside the data directory. Every key of the account is made from it, so whoever has it and the data can open everything, and without it nobody can open anything."
    >
      <section aria-labelledby="root-key-protects">
        <h2 className="cl-section__title" id="root-key-protects">
          What it protects against, and what not
        </h2>
        <RowsTable
          label="What the root key protects against"
          columns={columns}
          rows={threats}
          rowKey={({ who }) => who}
        />
        <p className="cl-section__text cl-key__after-table">
          No key on the same machine helps against its administrator. Where that matters, choose a key in a hardware
          module or a KMS that other people run: it can be disabled from there, and each use of it is seen.
        </p>
      </section>
      <Commands title="Put it under a passphrase" command="npx cloister keys set-passphrase">
        The server needs it at every start: it asks at a terminal, or reads the file that{' '}
        <code>CLOISTER_KMS_PASSPHRASE_FILE</code> names. Keep that file on another medium, or the passphrase protects
        nothing. A copy of the key file from before stays without one: if it may be in the wrong hands, choose another
        key instead.
      </Commands>
      <Commands
        title="Keep a copy against losing it"
        command="npx cloister keys export-recovery --recipient age1… --output recovery.age"
      >
        <strong>If the file is lost, everything saved is lost, backup or not.</strong> The copy is encrypted to an age
        recipient, so it may lie beside backups; the age identity that opens it must not. Make a new copy whenever the
        root key changes.
      </Commands>
      <Commands title="Bring it back" command="npx cloister keys import-recovery recovery.age --identity identity.txt">
        On the new machine, with the data directory in place and before the server is started. It refuses to replace
        another root key that is there.
      </Commands>
    </Page>
  );
}

function Commands({ title, command, children }: { title: string; command: string; children: ReactNode }) {
  return (
    <section className="cl-section">
      <h2 className="cl-section__title">{title}</h2>
      <p className="cl-section__text">{children}</p>
      <CodeSnippet type="single" feedback="Copied" aria-label={`Command: ${title}`} align="left">
        {command}
      </CodeSnippet>
    </section>
  );
}
