/** Gives ids that are all different: the wanted one, and where it is taken, with the next free number behind it. */
export function distinctIds(): (wanted: string) => string {
  const taken = new Set<string>();
  const numbers = new Map<string, number>();
  return (wanted) => {
    let number = numbers.get(wanted) ?? 1;
    let id = wanted;
    while (taken.has(id)) {
      number += 1;
      id = `${wanted}_${number}`;
    }
    numbers.set(wanted, number);
    taken.add(id);
    return id;
  };
}
