import { describeUnknown } from '../catalog/allow-list.ts';
import { EXPIRY_RULE, type WrongSetting } from '../keys/manage.ts';
import { Mistake } from './mistake.ts';

/* What cannot be done to a key, a user or a team, in the same words whichever way a command takes. */

export function keyIsMissing(id: string): Mistake {
  return new Mistake(`There is no key ${id}. See what there is: npm run keys -- list`);
}

export function keyIsRevoked(id: string, owner: string): Mistake {
  const create = `npm run keys -- create --username ${owner}`;
  return new Mistake(`The key ${id} is revoked, and that is final. Make a new one: ${create}`);
}

export function keyIsStale(id: string): Mistake {
  return new Mistake(`The key ${id} was changed at the same moment, so nothing was done. Please try again.`);
}

export function idIsTaken(id: string): Mistake {
  return new Mistake(`The id ${id} is taken, so nothing was done. Please try again.`);
}

export function wrongSetting(wrong: WrongSetting): Mistake {
  if (wrong.kind === 'past_expiry') return new Mistake(`--expires ${EXPIRY_RULE}.`);
  return new Mistake(`--models ${describeUnknown(wrong.unknown)}`);
}

export function userExists(name: string): Mistake {
  return new Mistake(`The user ${name} is already there: npm run users -- show ${name}`);
}

export function userIsMissing(name: string): Mistake {
  return new Mistake(`There is no user ${name}. See who there is: npm run users -- list`);
}

export function teamExists(name: string): Mistake {
  return new Mistake(`The team ${name} is already there: npm run teams -- show ${name}`);
}

export function teamIsMissing(name: string): Mistake {
  return new Mistake(`There is no team ${name}. See what there is: npm run teams -- list`);
}

export function teamIsUnknown(name: string): Mistake {
  return new Mistake(`--team "${name}" is no team. See what there is: npm run teams -- list`);
}

export function emailIsTaken(email: string): Mistake {
  return new Mistake(`--email ${email} is the address of another user. See who there is: npm run users -- list`);
}

export function teamHasMembers(name: string): Mistake {
  const out = 'npm run users -- set NAME --team none';
  return new Mistake(`The team ${name} has members, so nothing was done. Take each of them out first: ${out}`);
}
