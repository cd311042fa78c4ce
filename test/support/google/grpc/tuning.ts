import { Refusal } from '../errors.ts';
import type { Journal } from '../journal.ts';
import * as rules from './rules.ts';
import { text, type Message } from './rules.ts';

/** GenAiTuningService, for reading: jobs are made over REST, or put by a test. */
export function tuningService(journal: Journal, shared: Journal) {
  const all = (): [string, Message][] => [
    ...journal.all<Message>('tuningJob'),
    ...shared.all<{ resource: Message }>('tuningJobs').map(([name, { resource }]): [string, Message] => [
      name,
      // Instants are text there.
      Object.fromEntries(Object.entries(resource).filter(([field]) => !field.endsWith('Time'))),
    ]),
  ];
  return {
    GetTuningJob: (request: Message): Message => {
      const job = all().find(([name]) => name === text(request['name']))?.[1];
      if (!job) throw new Refusal('NOT_FOUND', `TuningJob ${text(request['name'])} not found`);
      return job;
    },
    ListTuningJobs: (request: Message): Message => {
      const parent = rules.parentOf(request);
      const fits = rules.readFilter(request['filter']);
      const found = all()
        .filter(([name]) => name.startsWith(`${parent}/tuningJobs/`))
        .map(([, job]) => job)
        .filter(fits);
      const { items, nextPageToken } = rules.page(found, request, { usual: 100, most: 1000 });
      return { tuningJobs: items, nextPageToken };
    },
  };
}
