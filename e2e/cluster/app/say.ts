/** One line of JSON, which is how everything here reports. */
export const say = (report: object): void => void process.stdout.write(`${JSON.stringify(report)}\n`);
