/** One statement as D1 gets it. */
export interface Asked {
  sql: string;
  values: unknown[];
}

/** D1, which tells of each call before it is made: a batch is one, with all of its statements. */
export function watchDatabase(binding: D1Database, onCall: (statements: Asked[]) => void): D1Database {
  const known = new WeakMap<object, { statement: D1PreparedStatement; asked: Asked }>();

  function wrap(statement: D1PreparedStatement, asked: Asked): object {
    function told<T>(call: () => T): () => T {
      return () => {
        onCall([asked]);
        return call();
      };
    }
    const wrapped = {
      bind: (...values: unknown[]) => wrap(statement.bind(...values), { ...asked, values }),
      run: told(() => statement.run()),
      all: told(() => statement.all()),
      raw: told(() => statement.raw()),
      first: told(() => statement.first()),
    };
    known.set(wrapped, { statement, asked });
    return wrapped;
  }

  const watched = {
    prepare: (sql: string) => wrap(binding.prepare(sql), { sql, values: [] }),
    batch(statements: readonly object[]) {
      const all = statements.flatMap((each) => known.get(each) ?? []);
      onCall(all.map(({ asked }) => asked));
      return binding.batch(all.map(({ statement }) => statement));
    },
  };
  return watched as unknown as D1Database; // all of it that the router calls
}
