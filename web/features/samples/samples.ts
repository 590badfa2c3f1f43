import type { DecodingParameters } from '../../../contract/app/generation.ts';
import type { PromptVariable } from '../../../contract/app/prompts.ts';

/** The kinds of task, in the order of the filter. */
export const sampleCategories = [
  'Summarise',
  'Classify',
  'Extract',
  'Generate',
  'Questions and answers',
  'Code',
  'Translate',
  'Rewrite',
] as const;
export type SampleCategory = (typeof sampleCategories)[number];

type Example = { readonly input: string; readonly output: string };
type SamplePrompt =
  | { readonly mode: 'freeform'; readonly text: string }
  | {
      readonly mode: 'structured';
      readonly instruction: string;
      readonly inputPrefix: string;
      readonly outputPrefix: string;
      readonly examples: readonly Example[];
      readonly input: string;
    }
  | { readonly mode: 'chat'; readonly system: string; readonly question: string };

/** A ready prompt. Its model is whichever the Prompt Lab would choose for a new one. */
export type Sample = {
  readonly id: string;
  readonly title: string;
  readonly category: SampleCategory;
  readonly description: string;
  readonly prompt: SamplePrompt;
  readonly variables: readonly PromptVariable[];
  /** Those that differ from the defaults. */
  readonly parameters: Partial<DecodingParameters>;
};

const MEETING = `Anna: The delivery to the northern warehouse is two days late, because the lorry broke down.
Ben: I will tell the customers today and offer them free delivery.
Anna: Good. I look for a second haulier until Friday.`;

const REPORT = `The city opened three new bicycle lanes in spring. Within six months the number of cyclists on these streets rose by
forty per cent, while the number of accidents fell slightly. Shopkeepers, who had feared for their customers, report the same sales as before.
The city council wants to build five more lanes next year, if the money for them is found.`;

const ORDER = `Order 4711 of 3 May: 12 boxes of green tea for Café Linde, Bahnhofstraße 5, Bern. Delivery by 10 May at the latest.`;

/** Every sample, by category. Written for small models too: short, with examples where the form of the answer matters. */
export const samples: readonly Sample[] = [
  {
    id: 'summarise-report',
    title: 'Summary of a report',
    category: 'Summarise',
    description: 'A long text in as many sentences as you say.',
    prompt: {
      mode: 'freeform',
      text: 'Summarise the text below in {sentences} sentences, for somebody who has not read it.\n\nText:\n{text}\n\nSummary:\n',
    },
    variables: [
      { name: 'sentences', defaultValue: 'two' },
      { name: 'text', defaultValue: REPORT },
    ],
    parameters: { maxNewTokens: 150, stopSequences: ['\n\n'], repetitionPenalty: 1.1 },
  },
  {
    id: 'summarise-meeting',
    title: 'Tasks from a meeting',
    category: 'Summarise',
    description: 'Who does what until when, from what was said.',
    prompt: {
      mode: 'chat',
      system:
        'You write the minutes of meetings. Answer with a short list of tasks: who, what, until when. Add nothing that was not said.',
      question: MEETING,
    },
    variables: [],
    parameters: { maxNewTokens: 200 },
  },
  {
    id: 'classify-message',
    title: 'Kind of a customer message',
    category: 'Classify',
    description: 'One of three words for each message, taught by examples.',
    prompt: {
      mode: 'structured',
      instruction: 'Say what the message is: question, complaint or praise. Answer with one of these words only.',
      inputPrefix: 'Message:',
      outputPrefix: 'Kind:',
      examples: [
        { input: 'When do you open on Saturdays?', output: 'question' },
        { input: 'The parcel came open, and half of it is missing.', output: 'complaint' },
        { input: 'Thank you, that was quick and friendly!', output: 'praise' },
      ],
      input: '{message}',
    },
    variables: [{ name: 'message', defaultValue: 'I have been waiting for my refund for three weeks.' }],
    parameters: { maxNewTokens: 5, stopSequences: ['\n'] },
  },
  {
    id: 'extract-order',
    title: 'Facts of an order, as JSON',
    category: 'Extract',
    description: 'Number, customer, goods and date; the answer must follow a JSON Schema.',
    prompt: {
      mode: 'freeform',
      text: 'Write the number, the customer, the goods and the latest delivery date of this order as JSON.\n\n{order}\n\nJSON:\n',
    },
    variables: [{ name: 'order', defaultValue: ORDER }],
    parameters: {
      maxNewTokens: 200,
      responseFormat: {
        type: 'json_schema',
        schema: JSON.stringify({
          type: 'object',
          properties: {
            number: { type: 'string' },
            customer: { type: 'string' },
            goods: { type: 'string' },
            deliverBy: { type: 'string' },
          },
          required: ['number', 'customer', 'goods', 'deliverBy'],
        }),
      },
    },
  },
  {
    id: 'extract-names',
    title: 'People and places in a text',
    category: 'Extract',
    description: 'Names out of sentences, in a form that a program can read.',
    prompt: {
      mode: 'structured',
      instruction: 'List the people and the places in the text. Write "none" where there are none.',
      inputPrefix: 'Text:',
      outputPrefix: 'Names:',
      examples: [
        { input: 'Marie Curie moved from Warsaw to Paris.', output: 'people: Marie Curie; places: Warsaw, Paris' },
        { input: 'It rained all day.', output: 'people: none; places: none' },
      ],
      input: 'Ada Lovelace met Charles Babbage in London.',
    },
    variables: [],
    parameters: { maxNewTokens: 60, stopSequences: ['\n'] },
  },
  {
    id: 'generate-email',
    title: 'A polite e-mail',
    category: 'Generate',
    description: 'From a few key points, in the tone that you choose.',
    prompt: {
      mode: 'freeform',
      text: 'Write a {tone} e-mail to {reader}. It says:\n{points}\n\nE-mail:\n',
    },
    variables: [
      { name: 'tone', defaultValue: 'friendly and short' },
      { name: 'reader', defaultValue: 'a supplier' },
      { name: 'points', defaultValue: '- we need the offer by Thursday\n- please add the delivery costs' },
    ],
    parameters: { decodingMethod: 'sample', temperature: 0.7, topP: 0.9, maxNewTokens: 250 },
  },
  {
    id: 'answer-from-text',
    title: 'Answers from a text alone',
    category: 'Questions and answers',
    description: 'The model may answer only from what you give it, and says when the answer is not there.',
    prompt: {
      mode: 'freeform',
      text: 'Answer the question from the text alone. If the answer is not in the text, write "The text does not say".\n\nText:\n{text}\n\nQuestion: {question}\nAnswer:',
    },
    variables: [
      { name: 'text', defaultValue: REPORT },
      { name: 'question', defaultValue: 'By how much did the number of cyclists rise?' },
    ],
    parameters: { maxNewTokens: 80, stopSequences: ['\n'] },
  },
  {
    id: 'code-function',
    title: 'A function with a test',
    category: 'Code',
    description: 'From one sentence to code in the language of your choice.',
    prompt: {
      mode: 'chat',
      system: 'You are a careful programmer. Answer with code in {language}, a short comment for why, and one test.',
      question: 'Write a function that says whether a word reads the same backwards, letter case aside.',
    },
    variables: [{ name: 'language', defaultValue: 'Python' }],
    parameters: { maxNewTokens: 400 },
  },
  {
    id: 'code-explain',
    title: 'Code, explained',
    category: 'Code',
    description: 'What a piece of code does, step by step, for a beginner.',
    prompt: {
      mode: 'freeform',
      text: 'Explain step by step to a beginner what this code does.\n\n{code}\n\nExplanation:\n',
    },
    variables: [{ name: 'code', defaultValue: 'total = sum(n * n for n in range(10) if n % 2 == 0)\nprint(total)' }],
    parameters: { maxNewTokens: 300 },
  },
  {
    id: 'translate-sentence',
    title: 'Translation',
    category: 'Translate',
    description: 'Into a language of your choice, with the tone kept.',
    prompt: {
      mode: 'chat',
      system: 'Translate what the user writes into {language}. Keep its tone. Answer with the translation only.',
      question: 'Could you please send me the signed contract by Friday?',
    },
    variables: [{ name: 'language', defaultValue: 'French' }],
    parameters: { maxNewTokens: 200 },
  },
  {
    id: 'rewrite-plain',
    title: 'Plain language',
    category: 'Rewrite',
    description: 'Office language in words that everybody understands.',
    prompt: {
      mode: 'structured',
      instruction: 'Rewrite the sentence in plain language, with short words and the same meaning.',
      inputPrefix: 'Sentence:',
      outputPrefix: 'Plain:',
      examples: [
        {
          input: 'Applicants are requested to furnish the requisite documentation prior to the appointment.',
          output: 'Please send us your papers before the appointment.',
        },
      ],
      input: '{sentence}',
    },
    variables: [
      {
        name: 'sentence',
        defaultValue: 'In the event of inclement weather, the commencement of the event shall be deferred.',
      },
    ],
    parameters: { maxNewTokens: 80, stopSequences: ['\n'] },
  },
];
