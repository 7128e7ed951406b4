import { describe, expect, test } from 'vitest';
import { runHere } from './run-cli.ts';

/** What is typed → what the one line must speak of. None of them reaches a database. */
const MISTAKES: [string[], RegExp][] = [
  [[], /keys, users, teams, usage/],
  [['keys'], /create, list, show/],
  [['keys', 'creat'], /create, list, show/],
  [['keys', 'create'], /--username/],
  [['keys', 'create', '--username', "O'Brien; DROP"], /--username/],
  [['keys', 'create', '--username', 'x'.repeat(65)], /--username/],
  [['keys', 'create', '--username', ''], /--username/],
  [['keys', 'create', 'admin'], /admin/],
  [['keys', 'create', '--username', 'a', '--prefix', 'SK'], /--prefix/],
  [['keys', 'create', '--username', 'a', '--prefix', 'abcdefghijk'], /--prefix/],
  [['keys', 'create', '--username', 'a', '--purpose', 'vim'], /--purpose.*default.*cursor/],
  [['keys', 'create', '--username', 'a', '--rpm', '0'], /--rpm/],
  [['keys', 'create', '--username', 'a', '--rpm', '1.5'], /--rpm/],
  [['keys', 'create', '--username', 'a', '--rpm=-1'], /--rpm/],
  [['keys', 'create', '--username', 'a', '--rpm', '-1'], /--rpm must be a whole number from 1/],
  [['keys', 'create', '--username', 'a', '--budget-day', '-.5'], /--budget-day must be an amount in USD from 0/],
  [['usage', '--days', '-7'], /--days .* from 1 to 3650/],
  [['keys', 'create', '--username', 'a', '--rpm', ''], /--rpm/],
  [['keys', 'create', '--username', 'a', '--tpm', 'many'], /--tpm/],
  [['keys', 'create', '--username', 'a', '--max-concurrent', '1e9'], /--max-concurrent/],
  [['keys', 'create', '--username', 'a', '--budget-day', '-1'], /--budget-day/],
  [['keys', 'create', '--username', 'a', '--budget-week', '$5'], /--budget-week/],
  [['keys', 'create', '--username', 'a', '--models', 'none'], /--models/],
  [['keys', 'create', '--username', 'a', '--models', 'a/b,,c'], /--models/],
  [['keys', 'create', '--username', 'a', '--expires', '90'], /--expires/],
  [['keys', 'create', '--username', 'a', '--expires', '1w'], /--expires/],
  [['keys', 'create', '--username', 'a', '--expires', '0s'], /--expires/],
  [['keys', 'create', '--username', 'a', '--reasoning', 'loud'], /--reasoning/],
  [
    ['keys', 'create', '--username', 'a', '--provider-tools', 'yes'],
    /--provider-tools must be true or false \("on" or "off"\)/,
  ],
  [['keys', 'create', '--username', 'a', '--frobnicate'], /--frobnicate/],
  [['keys', 'create', '--username', 'a', '--remote', '--local'], /--remote/],
  [['keys', 'create', '--username', 'a', '--remote', '--persist-to', 'x'], /--persist-to/],
  [['keys', 'show'], /which key/],
  [['keys', 'set', 'key_1'], /what to set/],
  [['keys', 'revoke', 'key_1', 'key_2'], /One key at a time/],
  [['keys', 'rotate', 'key_1', '--grace', 'soon'], /--grace/],
  [['keys', 'rotate', 'key_1', '--grace', '-1h'], /--grace/],
  [['users', 'create'], /which user/],
  [['users', 'create', 'a b'], /name/i],
  [['users', 'ban', 'a'], /create, list, show/],
  [['users', 'set', 'a'], /what to set/],
  [['users', 'create', 'a', '--budget-day', '1'], /users -- set/],
  [['users', 'set', 'a', '--team', 'a b'], /--team/],
  [['users', 'set', 'a', '--team', ''], /--team has no value/],
  [['users', 'set', 'a', '--budget-week', '-1'], /--budget-week/],
  [['teams'], /create, list, show, set or remove/],
  [['teams', 'create'], /which team/],
  [['teams', 'create', 'none'], /none/],
  [['teams', 'create', 'a', '--budget-day', 'x'], /--budget-day/],
  [['teams', 'set', 'a'], /what to set/],
  [['teams', 'remove', 'a', '--budget-day', '1'], /teams -- set/],
  [['usage', '--days', '0'], /--days .* from 1 to 3650/],
  [['usage', '--days', 'week'], /--days .* from 1 to 3650/],
  [['keys', 'list', '--env', 'staging'], /no environment "staging"/],
  [['deploy', '--env', 'staging'], /no environment "staging"/],
  [['deploy', 'now'], /"now"/],
  [['start', '--json'], /--json/],
  [['start', '--remote'], /npm run deploy/],
  [['keys', 'list', '--persist-to', 'no/such/folder'], /no folder .*no\/such\/folder/],
  [['ledger', 'dead-letters', 'delete', 'all', '--sql'], /--sql/],
  [['usage', '--by', 'week'], /--by/],
  [['usage', '--csv', '--json'], /--csv and --json/],
  [['ledger'], /check/],
  [['ledger', 'dead-letters', 'retry'], /which/],
];

describe('a mistake on the command line', () => {
  test.each(MISTAKES)('%j is one line that says what to do, and exit 1', async (args, line) => {
    const { code, stdout, stderr } = await runHere(args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(line);
    // The checker's own word, where one of ours is missing.
    expect(stderr).not.toContain('Invalid');
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  test.each([['keys'], ['users'], ['teams'], ['usage'], ['ledger'], ['start'], ['deploy']])(
    '%s --help explains',
    async (noun) => {
      const { code, stdout, stderr } = await runHere([noun, '--help']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain(`npm ${noun === 'start' ? 'start' : `run ${noun}`}`);
    },
  );
});
