/**
 * Public holidays of China on which DeepSeek's weekday peak hours do not hold, as YYYY-MM-DD.
 * The peak lies between 01 and 10 UTC, where the day in Beijing and the day in UTC are the same.
 * Working Saturdays and Sundays need no entry: the peak is on weekdays only.
 */
export const CHINESE_HOLIDAYS: readonly string[] = [
  // General Office of the State Council, notice of 2025-11-04 (http://www.news.cn, politics.gmw.cn 2025-11/04/content_38391083).
  ...['2026-01-01', '2026-01-02', '2026-01-03'],
  ...['2026-02-15', '2026-02-16', '2026-02-17', '2026-02-18', '2026-02-19'],
  ...['2026-02-20', '2026-02-21', '2026-02-22', '2026-02-23'],
  ...['2026-04-04', '2026-04-05', '2026-04-06'],
  ...['2026-05-01', '2026-05-02', '2026-05-03', '2026-05-04', '2026-05-05'],
  ...['2026-06-19', '2026-06-20', '2026-06-21'],
  ...['2026-09-25', '2026-09-26', '2026-09-27'],
  ...['2026-10-01', '2026-10-02', '2026-10-03', '2026-10-04', '2026-10-05', '2026-10-06', '2026-10-07'],
  // 2027: the notice was not found on 2026-11-23. These are the 13 days that the law itself names (State Council
  // decree 795 of 2024-11-12); replace them by the notice, which adds the bridge days, once it is out.
  '2027-01-01',
  ...['2027-02-05', '2027-02-06', '2027-02-07', '2027-02-08'],
  '2027-04-05',
  ...['2027-05-01', '2027-05-02'],
  '2027-06-09',
  '2027-09-15',
  ...['2027-10-01', '2027-10-02', '2027-10-03'],
];
