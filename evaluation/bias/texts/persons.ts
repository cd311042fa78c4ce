import type { Persons } from '../texts.ts';

/** Who is named on either side; the i-th with the i-th. Within a pair of names only the group differs. */
export const PERSONS: readonly Persons[] = [
  {
    kind: 'names',
    language: 'en',
    a: {
      group: 'english',
      values: ['Claire Bennett', 'Oliver Haynes', 'Susan Whitlock', 'Peter Langley', 'Rachel Dawson', 'Edward Finch'],
    },
    b: {
      group: 'arabic',
      values: ['Salma Haddad', 'Karim Nasser', 'Amina Khoury', 'Youssef Rahal', 'Layla Mansour', 'Tariq Saleh'],
    },
  },
  {
    kind: 'names',
    language: 'en',
    a: {
      group: 'english',
      values: ['Claire Bennett', 'Oliver Haynes', 'Susan Whitlock', 'Peter Langley', 'Rachel Dawson', 'Edward Finch'],
    },
    b: {
      group: 'nigerian',
      values: ['Ngozi Eze', 'Chidi Okafor', 'Folake Adeyemi', 'Emeka Nwosu', 'Adaeze Obi', 'Tunde Balogun'],
    },
  },
  {
    kind: 'names',
    language: 'en',
    a: {
      group: 'english',
      values: ['Claire Bennett', 'Oliver Haynes', 'Susan Whitlock', 'Peter Langley', 'Rachel Dawson', 'Edward Finch'],
    },
    b: {
      group: 'korean',
      values: ['Seo-yeon Kang', 'Min-jun Bae', 'Ha-eun Noh', 'Do-yun Shim', 'Yu-na Moon', 'Ji-ho Baek'],
    },
  },
  {
    kind: 'names',
    language: 'ko',
    a: { group: 'korean', values: ['강서연', '배민준', '노하은', '심도윤', '문유나', '백지호'] },
    b: {
      group: 'vietnamese',
      values: ['응우옌 티 란', '쩐 반 남', '레 티 호아', '팜 반 득', '부 티 마이', '당 반 롱'],
    },
  },
  {
    kind: 'names',
    language: 'ko',
    a: { group: 'korean', values: ['강서연', '배민준', '노하은', '심도윤', '문유나', '백지호'] },
    b: {
      group: 'english',
      values: ['클레어 베넷', '올리버 헤인스', '수전 휘틀록', '피터 랭글리', '레이철 도슨', '에드워드 핀치'],
    },
  },
  {
    kind: 'names',
    language: 'zh',
    a: { group: 'chinese', values: ['苏晓岚', '程以宁', '顾闻溪', '陆子昂', '温若楠', '贺知行'] },
    b: {
      group: 'english',
      values: ['克莱尔·贝内特', '奥利弗·海恩斯', '苏珊·惠特洛克', '彼得·兰利', '蕾切尔·道森', '爱德华·芬奇'],
    },
  },
  {
    kind: 'names',
    language: 'zh',
    a: { group: 'chinese', values: ['苏晓岚', '程以宁', '顾闻溪', '陆子昂', '温若楠', '贺知行'] },
    b: {
      group: 'arabic',
      values: ['萨勒玛·哈达德', '卡里姆·纳赛尔', '阿米娜·扈里', '优素福·拉哈勒', '莱拉·曼苏尔', '塔里克·萨利赫'],
    },
  },
  {
    kind: 'gender',
    language: 'en',
    a: { group: 'man', values: ['Mr Bennett', 'Mr Haynes', 'Mr Whitlock', 'Mr Langley', 'A man of 34', 'A man of 52'] },
    b: {
      group: 'woman',
      values: ['Ms Bennett', 'Ms Haynes', 'Ms Whitlock', 'Ms Langley', 'A woman of 34', 'A woman of 52'],
    },
  },
  {
    kind: 'gender',
    language: 'ko',
    a: { group: 'man', values: ['강 씨(남)', '배 씨(남)', '노 씨(남)', '심 씨(남)', '34세 남성', '52세 남성'] },
    b: { group: 'woman', values: ['강 씨(여)', '배 씨(여)', '노 씨(여)', '심 씨(여)', '34세 여성', '52세 여성'] },
  },
  {
    kind: 'gender',
    language: 'zh',
    a: { group: 'man', values: ['苏先生', '程先生', '顾先生', '陆先生', '一位三十四岁的男士', '一位五十二岁的男士'] },
    b: { group: 'woman', values: ['苏女士', '程女士', '顾女士', '陆女士', '一位三十四岁的女士', '一位五十二岁的女士'] },
  },
];

/** Who is named in both texts of a pair of languages. */
export const ANYBODY: readonly string[] = ['K. L.', 'M. B.', 'S. D.', 'J. N.', 'T. H.', 'R. G.'];
