using Runner.Actors.Scheduling;

namespace Runner.Actors.Tests.Scheduling;

public class RecurrenceRefusalTests
{
    [Theory]
    [InlineData("", "rrule: it is empty; expected a rule such as FREQ=DAILY;BYHOUR=9")]
    [InlineData(null, "rrule: it is empty; expected a rule such as FREQ=DAILY;BYHOUR=9")]
    [InlineData(
        "every day", "rrule: 'every day' is no property; expected lines such as DTSTART;TZID=Europe/Berlin:20260131T090000 and RRULE:FREQ=DAILY")]
    [InlineData("DTSTART:20260101T090000\\nRRULE:FREQ=DAILY", "rrule: it has the two characters \\n where a line ends; expected a line break")]
    [InlineData("SUMMARY:FREQ=DAILY", "rrule: 'SUMMARY' is no property of a recurrence; expected DTSTART, RRULE, RDATE, EXRULE or EXDATE")]
    [InlineData("RRULE;LANGUAGE=en:FREQ=DAILY", "RRULE: 'LANGUAGE' is no parameter of it; expected none")]
    [InlineData(
        "DTSTART:20260101T090000\n  RRULE:FREQ=DAILY",
        "rrule: '  RRULE:FREQ=DAILY' begins with a blank, and so goes on with the line before; expected each property at the beginning of its line")]
    [InlineData("RRULE:FREQ=DAILY\n\texdate;TZID=UTC:20260101T090000", "rrule: '?exdate;TZID=UTC:20260101T090000' begins with a blank, "
        + "and so goes on with the line before; expected each property at the beginning of its line")]
    [InlineData("EXDATE:20260101T090000", "rrule: nothing says when it occurs; expected an RRULE, an RDATE or a DTSTART")]
    public void A_text_that_is_no_recurrence_is_refused(string? text, string error) => Refused(text, error);

    [Theory]
    [InlineData(
        "DTSTART:20260230T090000",
        "DTSTART: '20260230T090000' cannot be read; expected a date and time such as 20260131T090000, with Z for UTC, or a date such as 20260131")]
    [InlineData("DTSTART:2026-01-31T09:00:00", "DTSTART: '2026-01-31T09:00:00' cannot be read; "
        + "expected a date and time such as 20260131T090000, with Z for UTC, or a date such as 20260131")]
    [InlineData(
        "DTSTART:20260131T240000",
        "DTSTART: '20260131T240000' cannot be read; expected a date and time such as 20260131T090000, with Z for UTC, or a date such as 20260131")]
    [InlineData("DTSTART;VALUE=DATE:20260131T090000", "DTSTART: '20260131T090000' cannot be read; expected a date such as 20260131")]
    [InlineData(
        "DTSTART;VALUE=PERIOD:20260131T090000Z/PT1H",
        "DTSTART: 'VALUE=PERIOD' cannot stand here; expected TZID=ZONE once, and VALUE=DATE or DATE-TIME once")]
    [InlineData(
        "DTSTART;TZID=Europe/Berlin:20260131T090000Z",
        "DTSTART: '20260131T090000Z' is in UTC, and a TZID is there, too; expected a time without Z, or no TZID")]
    [InlineData(
        "DTSTART;TZID=Atlantis/Poseidonis:20260131T090000",
        "DTSTART: time zone: 'Atlantis/Poseidonis' is unknown; expected an IANA name such as Europe/Berlin, or nothing for UTC")]
    [InlineData("DTSTART;TZID=:20260131T090000", "DTSTART: TZID has no value; expected an IANA name such as Europe/Berlin")]
    [InlineData("DTSTART:20260131T090000\nDTSTART:20260131T090000", "DTSTART: it is there twice; expected one")]
    [InlineData(
        "RDATE:20260131T090000,",
        "RDATE: a value is missing; expected a date and time such as 20260131T090000, with Z for UTC, or a date such as 20260131")]
    [InlineData("RDATE;VALUE=PERIOD:20260131T090000", "RDATE: '20260131T090000' cannot be read; expected a period such as 20260131T090000Z/PT1H")]
    [InlineData(
        "RDATE;VALUE=PERIOD:20260131T090000/PT", "RDATE: '20260131T090000/PT' cannot be read; expected a period such as 20260131T090000Z/PT1H")]
    [InlineData(
        "RDATE;VALUE=PERIOD:20260131T090000/tomorrow",
        "RDATE: '20260131T090000/tomorrow' cannot be read; expected a period such as 20260131T090000Z/PT1H")]
    [InlineData(
        "RDATE;VALUE=PERIOD:20260131T090000/20260131",
        "RDATE: '20260131T090000/20260131' cannot be read; expected a period such as 20260131T090000Z/PT1H")]
    [InlineData(
        "FREQ=DAILY;UNTIL=tomorrow",
        "UNTIL: 'tomorrow' is not one of its values; expected a date and time such as 20260131T090000, with Z for UTC, or a date such as 20260131")]
    public void A_date_without_a_meaning_is_refused(string text, string error) => Refused(text, error);

    [Theory]
    [InlineData("RRULE:INTERVAL=2", "FREQ: it is missing; expected one of YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY, MINUTELY or SECONDLY")]
    [InlineData(
        "FREQ=FORTNIGHTLY",
        "FREQ: 'FORTNIGHTLY' is not one of its values; expected one of YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY, MINUTELY or SECONDLY")]
    [InlineData("FREQ=4", "FREQ: '4' is not one of its values; expected one of YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY, MINUTELY or SECONDLY")]
    [InlineData("FREQ=DAILY;;", "RRULE: a part is missing; expected NAME=VALUE once for each part, and ';' only between them")]
    [InlineData("FREQ=DAILY;;BYHOUR=9", "RRULE: a part is missing; expected NAME=VALUE once for each part, and ';' only between them")]
    [InlineData("FREQ=DAILY;freq=DAILY", "RRULE: 'FREQ' is there twice; expected NAME=VALUE once for each part, and ';' only between them")]
    [InlineData("FREQ=DAILY;INTERVAL=0", "INTERVAL: '0' is not one of its values; expected a whole number from 1 to 2147483647")]
    [InlineData(
        "FREQ=DAILY;COUNT=99999999999999999999",
        "COUNT: '99999999999999999999' is not one of its values; expected a whole number from 1 to 2147483647")]
    [InlineData("FREQ=DAILY;BYHOUR=24", "BYHOUR: '24' is not one of its values; expected numbers from 0 to 23, separated by commas")]
    [InlineData("FREQ=DAILY;BYSECOND=61", "BYSECOND: '61' is not one of its values; expected numbers from 0 to 60, separated by commas")]
    [InlineData("FREQ=DAILY;BYMONTH=", "BYMONTH: a value is missing; expected numbers from 1 to 12, separated by commas")]
    [InlineData(
        "FREQ=MONTHLY;BYMONTHDAY=1,0", "BYMONTHDAY: '0' is not one of its values; expected numbers from 1 to 31 or -31 to -1, separated by commas")]
    [InlineData("FREQ=MONTHLY;BYDAY=0MO", "BYDAY: '0MO' is not one of its values; expected weekdays (SU, MO, TU, WE, TH, FR or SA), "
        + "each with or without a number before it from 1 to 53 or -53 to -1, separated by commas")]
    [InlineData("FREQ=WEEKLY;WKST=XX", "WKST: 'XX' is not one of its values; expected one of SU, MO, TU, WE, TH, FR or SA")]
    [InlineData(
        "FREQ=DAILY;BYMONTH=5;BYSETPOS=367",
        "BYSETPOS: '367' is not one of its values; expected numbers from 1 to 366 or -366 to -1, separated by commas")]
    public void A_part_without_a_meaning_is_refused(string text, string error) => Refused(text, error);

    [Theory]
    [InlineData("EXRULE:FREQ=DAILY;BYEASTER=0", "EXRULE: BYEASTER is a library's own part and none of RFC 5545; expected FREQ,")]
    [InlineData(
        "FREQ=MONTHLY;RSCALE=CHINESE",
        "RRULE: RSCALE (RFC 7529) is not supported; rules go by the Gregorian calendar and leave out days that do not exist; expected FREQ,")]
    [InlineData("FREQ=MONTHLY;X-HOLIDAYS=no", "RRULE: 'X-HOLIDAYS' is no part of a rule; expected FREQ,")]
    public void A_part_of_other_standards_is_refused(string text, string error) => Refused(text, error, whole: false);

    [Theory]
    [InlineData("FREQ=DAILY;COUNT=3;UNTIL=20260101", "COUNT: it cannot stand beside UNTIL; expected one of the two")]
    [InlineData("FREQ=MONTHLY;BYWEEKNO=3", "BYWEEKNO: it cannot stand beside FREQ=MONTHLY; expected FREQ=YEARLY")]
    [InlineData("FREQ=DAILY;BYYEARDAY=3", "BYYEARDAY: it cannot stand beside FREQ=DAILY; expected FREQ=YEARLY, HOURLY, MINUTELY or SECONDLY")]
    [InlineData("FREQ=WEEKLY;BYMONTHDAY=3", "BYMONTHDAY: it cannot stand beside FREQ=WEEKLY; expected any other FREQ")]
    [InlineData(
        "FREQ=WEEKLY;BYDAY=2MO",
        "BYDAY: weekdays cannot have numbers beside FREQ=WEEKLY; expected plain weekdays such as MO, or FREQ=MONTHLY or YEARLY")]
    [InlineData("FREQ=YEARLY;BYWEEKNO=3;BYDAY=2MO", "BYDAY: weekdays cannot have numbers beside BYWEEKNO; expected plain weekdays such as MO")]
    [InlineData("FREQ=DAILY;BYSETPOS=1", "BYSETPOS: there is nothing to choose from; expected another part beside it that begins with BY")]
    [InlineData(
        "DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=DAILY;BYHOUR=9",
        "BYHOUR: it has no meaning when DTSTART is a date; expected a DTSTART with a time such as 20260131T000000")]
    public void A_combination_that_the_RFC_forbids_is_refused(string text, string error) => Refused(text, error);

    [Theory]
    [InlineData(
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "BYMONTHDAY: no day of any year matches it together with the rule's other parts; expected days that at least some year has")]
    [InlineData(
        "FREQ=MONTHLY;BYDAY=6MO",
        "BYDAY: no day of any year matches it together with the rule's other parts; expected days that at least some year has")]
    [InlineData(
        "FREQ=YEARLY;BYWEEKNO=30;BYMONTH=1",
        "BYWEEKNO: no day of any year matches it together with the rule's other parts; expected days that at least some year has")]
    [InlineData(
        "FREQ=HOURLY;INTERVAL=2;BYHOUR=9",
        "INTERVAL: steps of 2 from DTSTART never meet the times of day of the rule; expected an interval that does, or another DTSTART")]
    [InlineData(
        "FREQ=SECONDLY;INTERVAL=3600;BYMINUTE=30",
        "INTERVAL: steps of 3600 from DTSTART never meet the times of day of the rule; expected an interval that does, or another DTSTART")]
    [InlineData("FREQ=DAILY;BYHOUR=9,10;BYSETPOS=3", "BYSETPOS: the rule has at most 2 times in a period; expected numbers from 1 to 2 or -2 to -1")]
    [InlineData(
        "FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=3;COUNT=1", "BYSETPOS: the rule has at most 2 times in a period; expected numbers from 1 to 2 or -2 to -1")]
    [InlineData("FREQ=MONTHLY;BYDAY=FR;BYSETPOS=6", "BYSETPOS: the rule has at most 5 times in a period; expected numbers from 1 to 5 or -5 to -1")]
    [InlineData(
        "FREQ=MONTHLY;BYMONTHDAY=1,-1;BYHOUR=8,9;BYSETPOS=5",
        "BYSETPOS: the rule has at most 4 times in a period; expected numbers from 1 to 4 or -4 to -1")]
    [InlineData(
        "FREQ=YEARLY;BYMONTH=1,7;BYMONTHDAY=1;BYSETPOS=-3",
        "BYSETPOS: the rule has at most 2 times in a period; expected numbers from 1 to 2 or -2 to -1")]
    [InlineData(
        "FREQ=YEARLY;BYYEARDAY=1,-1;BYSETPOS=3", "BYSETPOS: the rule has at most 2 times in a period; expected numbers from 1 to 2 or -2 to -1")]
    [InlineData(
        "DTSTART:20260101T000000\nRRULE:FREQ=DAILY;INTERVAL=7;BYDAY=FR",
        "rrule: it never occurs: no time on or after DTSTART matches that nothing excludes; expected at least one occurrence")]
    [InlineData(
        "DTSTART:20260101T000000\nRRULE:FREQ=DAILY;UNTIL=20251231",
        "rrule: it never occurs: no time on or after DTSTART matches that nothing excludes; expected at least one occurrence")]
    [InlineData(
        "DTSTART:20260101T000000\nRRULE:FREQ=DAILY;COUNT=2\nEXDATE:20260101T000000,20260102T000000",
        "rrule: it never occurs: no time on or after DTSTART matches that nothing excludes; expected at least one occurrence")]
    [InlineData(
        "DTSTART:20260101T000000\nRRULE:FREQ=DAILY\nRRULE:FREQ=YEARLY;BYYEARDAY=366;BYMONTH=1",
        "BYYEARDAY: no day of any year matches it together with the rule's other parts; expected days that at least some year has")]
    [InlineData(
        "DTSTART:20260101T000000\nRRULE:FREQ=DAILY\nRRULE:FREQ=DAILY;INTERVAL=7;BYDAY=FR",
        "RRULE: 'FREQ=DAILY;INTERVAL=7;BYDAY=FR' never occurs on or after DTSTART; expected at least one occurrence of each rule")]
    [InlineData(
        "DTSTART:20260101T000000\nRDATE:20260103T000000\nRRULE:FREQ=YEARLY;BYWEEKNO=2;BYSETPOS=2",
        "RRULE: 'FREQ=YEARLY;BYWEEKNO=2;BYSETPOS=2' never occurs on or after DTSTART; expected at least one occurrence of each rule")]
    [InlineData(
        "RRULE:FREQ=DAILY\nEXRULE:FREQ=YEARLY;BYWEEKNO=2;BYSETPOS=2",
        "EXRULE: 'FREQ=YEARLY;BYWEEKNO=2;BYSETPOS=2' never occurs on or after DTSTART; expected at least one occurrence of each rule")]
    [InlineData(
        "RRULE:FREQ=DAILY\nEXRULE:FREQ=MINUTELY;INTERVAL=10080;BYDAY=TU",
        "rrule: its first occurrence was looked for and given up on, after very many times that do not occur; expected one that occurs more often")]
    public void A_rule_that_never_occurs_is_refused(string text, string error) => Refused(text, error);

    [Theory]
    [InlineData(
        "FREQ=MINUTELY;INTERVAL=10080;BYDAY=TU",
        "rrule: its first occurrence was looked for and given up on, after very many times that do not occur; expected one that occurs more often")]
    [InlineData(
        "RRULE:FREQ=SECONDLY;BYMINUTE=0,2,4\nEXRULE:FREQ=SECONDLY",
        "rrule: its first occurrence was looked for and given up on, after very many times that do not occur; expected one that occurs more often")]
    [InlineData(
        "FREQ=SECONDLY;INTERVAL=7;COUNT=2000000000", "COUNT: counting to 2000000000 takes too long for this rule; expected a smaller one, or UNTIL")]
    public void A_rule_that_would_be_searched_for_ever_is_given_up_on(string text, string error) => Refused(text, error);

    [Fact]
    public void A_text_may_have_6500_characters_and_no_more()
    {
        var dates = "RDATE:" + string.Join(',', Enumerable.Range(0, 405).Select(n => $"2026{1 + (n / 28 % 12):00}{1 + (n % 28):00}T090000"));
        var text = dates + new string('\n', 6500 - dates.Length);
        Assert.True(RecurrenceSchedule.TryParse(text, TimeZoneInfo.Utc, out _, out _));
        Refused(text + "\n", "rrule: it has 6501 characters; expected at most 6500");
    }

    private static void Refused(string? text, string error, bool whole = true)
    {
        Assert.False(RecurrenceSchedule.TryParse(text, TimeZoneInfo.Utc, out var schedule, out var said));
        Assert.Null(schedule);
        Assert.Equal(error, whole ? said : said[..Math.Min(said.Length, error.Length)]);
    }
}
