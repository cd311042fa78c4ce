/** Starts to count processor time of this process; the answer says how many ms it has used since. Waits, and what runs beside it, do not count. */
export function processorTime(): () => number {
  const began = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(began);
    return (user + system) / 1000;
  };
}
