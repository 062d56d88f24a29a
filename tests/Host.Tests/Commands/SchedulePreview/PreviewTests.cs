using Runner.Cli;

namespace Runner.Host.Tests.Commands.SchedulePreview;

/// <summary>`runner schedule preview` of one schedule.</summary>
public sealed class PreviewTests
{
    [Fact]
    public async Task It_shows_local_time_utc_and_the_distance_and_marks_what_a_clock_change_moved() => Assert.Equal(
        """
        LOCAL (America/New_York)  OFFSET  UTC
        Sat 2026-02-28 02:30:00   -05:00  2026-02-28 07:30:00  1 d 4 h ago
        Sun 2026-03-01 02:30:00   -05:00  2026-03-01 07:30:00  4 h 30 min ago
        Mon 2026-03-02 02:30:00   -05:00  2026-03-02 07:30:00  in 19 h 30 min
        Tue 2026-03-03 02:30:00   -05:00  2026-03-03 07:30:00  in 1 d 19 h
        Wed 2026-03-04 02:30:00   -05:00  2026-03-04 07:30:00  in 2 d 19 h
        Thu 2026-03-05 02:30:00   -05:00  2026-03-05 07:30:00  in 3 d 19 h
        Fri 2026-03-06 02:30:00   -05:00  2026-03-06 07:30:00  in 4 d 19 h
        Sat 2026-03-07 02:30:00   -05:00  2026-03-07 07:30:00  in 5 d 19 h
        Sun 2026-03-08 03:00:00   -04:00  2026-03-08 07:00:00  in 6 d 19 h     moved: 02:30 did not exist
        Mon 2026-03-09 02:30:00   -04:00  2026-03-09 06:30:00  in 7 d 18 h

        """.ReplaceLineEndings("\n"),
        (await PreviewRun.OfAsync(
            "--cron", "30 2 * * *", "--timezone", "America/New_York", "--from", "2026-02-28T00:00:00-05:00", "--count", "10")).Out);

    [Theory]
    [InlineData(
        "moved: 02:30 did not exist", "--interval", "1d", "--anchor", "2026-01-01T07:30:00Z", "--timezone", "America/New_York", "--from",
        "2026-03-08T00:00:00-05:00")]
    [InlineData(
        "moved: 2011-12-30 08:00 did not exist", "--interval", "1d", "--anchor", "2011-12-01T18:00:00Z", "--timezone", "Pacific/Apia", "--from",
        "2011-12-29T20:00:00Z")]
    [InlineData("moved: 02:10 did not exist", "--cron", "10 2 * * *", "--timezone", "Australia/Lord_Howe", "--from", "2026-10-03T12:00:00Z")]
    public async Task A_moved_occurrence_says_which_time_it_was_for(string note, params string[] arguments) =>
        Assert.Contains(note, (await PreviewRun.OfAsync([.. arguments, "--count", "1"])).Out, StringComparison.Ordinal);

    [Fact]
    public async Task Offsets_with_seconds_are_shown_with_them() => Assert.Equal(
        """
        LOCAL (Europe/Dublin)    OFFSET     UTC
        Sat 1916-05-20 02:30:00  -00:25:21  1916-05-20 02:55:21  40097 d 9 h ago
        Sun 1916-05-21 03:00:00  +00:34:39  1916-05-21 02:25:21  40096 d 9 h ago  moved: 02:30 did not exist

        """.ReplaceLineEndings("\n"),
        (await PreviewRun.OfAsync("--cron", "30 2 * * *", "--timezone", "Europe/Dublin", "--from", "1916-05-20T00:00:00Z", "--count", "2")).Out);

    [Fact]
    public async Task An_occurrence_at_the_end_of_a_gap_that_is_its_own_is_not_moved() => Assert.DoesNotContain(
        "moved",
        (await PreviewRun.OfAsync("--cron", "0 * * * *", "--timezone", "America/New_York", "--from", "2026-03-08T00:30:00-05:00")).Out,
        StringComparison.Ordinal);

    [Fact]
    public async Task Without_more_it_shows_the_next_five_in_utc()
    {
        var run = await PreviewRun.OfAsync("--cron", "@hourly", "--json");

        Assert.Equal((ExitCodes.Success, ""), (run.Code, run.Error));
        Assert.Equal(
            $"{{\"occurrences\":[{string.Join(',', Enumerable.Range(13, 5).Select(hour => $"\"2026-03-01T{hour}:00:00+00:00\""))}]}}\n",
            run.Out);
    }

    [Fact]
    public async Task An_occurrence_now_counts_if_it_is_asked_for() => Assert.Equal(
        """{"occurrences":["2026-03-01T12:00:00+00:00"]}""" + "\n",
        (await PreviewRun.OfAsync("--interval", "1h", "--inclusive", "--count", "1", "--json")).Out);

    [Fact]
    public async Task A_search_that_is_given_up_is_an_error_after_what_was_found()
    {
        static string To(int last) => string.Join(',', Enumerable.Range(1, last));
        var rrule = $"DTSTART:20260101T000000Z\nRRULE:FREQ=SECONDLY\nEXRULE:FREQ=SECONDLY;BYSECOND={To(59)}\nEXRULE:FREQ=MINUTELY;BYMINUTE={To(59)}\n"
            + $"EXRULE:FREQ=HOURLY;BYHOUR={To(23)}\nEXRULE:FREQ=MONTHLY;BYMONTHDAY={string.Join(',', Enumerable.Range(2, 30))}";
        string[] arguments = ["--rrule", rrule, "--from", "2025-12-31T00:00:00Z"];

        var run = await PreviewRun.OfAsync(arguments);
        Assert.Equal(ExitCodes.Error, run.Code);
        Assert.Contains("Thu 2026-01-01 00:00:00", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("ends", run.Out, StringComparison.Ordinal);
        Assert.Contains("was given up", run.Error, StringComparison.Ordinal);

        var json = await PreviewRun.OfAsync([.. arguments, "--json"]);
        Assert.Equal(ExitCodes.Error, json.Code);
        Assert.StartsWith("{\"error\":\"rrule: the search for the next occurrence", json.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recurrence_is_shown_in_the_zone_of_its_start() => Assert.Equal(
        """
        LOCAL (Europe/Paris)     OFFSET  UTC
        Fri 2026-03-27 09:00:00  +01:00  2026-03-27 08:00:00  in 25 d 20 h
        Fri 2026-04-24 09:00:00  +02:00  2026-04-24 07:00:00  in 53 d 19 h

        """.ReplaceLineEndings("\n"),
        (await PreviewRun.OfAsync(
            "--rrule", "DTSTART;TZID=Europe/Paris:20260101T090000\nRRULE:FREQ=MONTHLY;BYDAY=-1FR", "--timezone", "Asia/Tokyo", "--count", "2")).Out);

    [Fact]
    public async Task A_schedule_that_ends_says_so()
    {
        Assert.EndsWith(
            "\nThe schedule ends there.\n", (await PreviewRun.OfAsync("--cron", "* * * * *", "--from", "9999-12-31T23:58:00Z")).Out,
            StringComparison.Ordinal);
        Assert.Equal(
            "The schedule has ended: nothing occurs after 9999-12-31T23:59:00+00:00.\n",
            (await PreviewRun.OfAsync("--cron", "* * * * *", "--from", "9999-12-31T23:59:00Z")).Out);
    }

    [Theory]
    [InlineData("expected one of --interval, --cron and --rrule; there is none")]
    [InlineData("expected one of --interval, --cron and --rrule; there are several", "--cron", "@daily", "--interval", "1d")]
    [InlineData("--cron: minute: '61' is not one of its values", "--cron", "61 * * * *")]
    [InlineData("--timezone: time zone: 'Europe/Berln' is unknown; did you mean Europe/Berlin", "--cron", "@daily", "--timezone", "Europe/Berln")]
    [InlineData("--anchor: only an interval has an anchor", "--cron", "@daily", "--anchor", "2026-01-01T00:00:00Z")]
    [InlineData("--anchor: expected an instant with its offset", "--interval", "1d", "--anchor", "2026-01-01")]
    [InlineData("--day-or: only a cron expression has day fields", "--interval", "1d", "--day-or", "false")]
    [InlineData("--day-or: expected true or false; there is 'maybe'", "--cron", "@daily", "--day-or", "maybe")]
    [InlineData("--interval: expected a duration", "--interval", "soon")]
    [InlineData("--interval: 1ms is too short", "--interval", "1ms")]
    [InlineData("--from: expected an instant with its offset", "--cron", "@daily", "--from", "tomorrow")]
    [InlineData("--count: expected a whole number from 1 to 10000; there is '0'", "--cron", "@daily", "--count", "0")]
    [InlineData("--batch reads schedules from standard input; --cron says one here", "--batch", "--cron", "@daily")]
    public async Task A_wrong_command_line_says_which_option_and_what_was_expected(string error, params string[] arguments)
    {
        var run = await PreviewRun.OfAsync(arguments);

        Assert.Equal((ExitCodes.Usage, ""), (run.Code, run.Out));
        Assert.StartsWith("error: " + error, run.Error, StringComparison.Ordinal);
        Assert.Contains("See `runner schedule preview --help`.", run.Error, StringComparison.Ordinal);
    }
}
