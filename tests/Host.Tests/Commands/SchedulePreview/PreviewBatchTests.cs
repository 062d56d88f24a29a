using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Runner.Cli;

namespace Runner.Host.Tests.Commands.SchedulePreview;

/// <summary>`runner schedule preview --batch`: a line out for every line in, whatever stands in it.</summary>
public sealed class PreviewBatchTests
{
    [Theory]
    [InlineData(
        """{"cron":"30 2 * * *","timezone":"America/New_York","from":"2026-03-07T00:00:00-05:00","count":2}""",
        "2026-03-07T02:30:00-05:00 2026-03-08T03:00:00-04:00")]
    [InlineData("""{"cron":"0 0 1 1 *","from":"2026-01-01T00:00:00Z","count":1}""", "2027-01-01T00:00:00+00:00")]
    [InlineData("""{"cron":"0 0 1 1 *","from":"2026-01-01T00:00:00Z","count":1,"inclusive":true}""", "2026-01-01T00:00:00+00:00")]
    [InlineData(
        """{"cron":"0 0 13 * fri","day_or":false,"from":"2026-01-01T00:00:00Z","count":2}""", "2026-02-13T00:00:00+00:00 2026-03-13T00:00:00+00:00")]
    [InlineData(
        """{"interval":"45m","anchor":"2026-01-01T00:00:00Z","from":"2026-01-01T00:00:00Z","count":2}""",
        "2026-01-01T00:45:00+00:00 2026-01-01T01:30:00+00:00")]
    [InlineData("""{"interval":2700,"timezone":"Asia/Kolkata","from":"2026-01-01T00:00:00Z","count":1}""", "2026-01-01T06:15:00+05:30")]
    [InlineData("""{"interval":0.1,"from":"2026-01-01T00:00:00.9Z","count":2}""", "2026-01-01T00:00:01+00:00 2026-01-01T00:00:01.1+00:00")]
    [InlineData(
        """{"interval":"1d","timezone":"Europe/Paris","anchor":null,"from":"2026-03-28T12:00:00Z","count":2}""",
        "2026-03-29T01:00:00+01:00 2026-03-30T01:00:00+02:00")]
    [InlineData(
        """{"rrule":"DTSTART:20260101T090000\nRRULE:FREQ=DAILY;COUNT=2","timezone":"Asia/Tokyo","from":"2026-01-01T00:00:00+09:00"}""",
        "2026-01-01T09:00:00+09:00 2026-01-02T09:00:00+09:00")]
    [InlineData("""{"cron":"0 12 1 7 *","timezone":"America/Santiago","from":"2060-08-01T00:00:00Z","count":1}""", "2061-07-01T12:00:00-04:00")]
    [InlineData("""{"cron":"0 12 1 1 *","timezone":"America/Santiago","from":"2060-08-01T00:00:00Z","count":1}""", "2061-01-01T12:00:00-03:00")]
    [InlineData(
        """{"cron":"30 2 * * *","timezone":"Europe/Dublin","from":"1916-05-20T00:00:00Z","count":2}""", "1916-05-20T02:55:21Z 1916-05-21T02:25:21Z")]
    [InlineData("""{"cron":"0 9 * * *","timezone":"America/Juneau","from":"1867-10-17T00:00:00Z","count":1}""", "1867-10-17T17:57:41Z")]
    [InlineData("""{"cron":"* * * * *","from":"9999-12-31T23:58:00Z","count":9}""", "9999-12-31T23:59:00+00:00")]
    [InlineData("""{"cron":"* * * * *","from":"9999-12-31T23:59:00Z","count":9}""", "")]
    [InlineData("""{"cron":"0 20 31 12 *","timezone":"Pacific/Kiritimati","from":"9998-12-31T23:59:00Z","count":1}""", "9999-12-31T20:00:00+14:00")]
    public async Task A_line_is_answered_with_the_occurrences_in_the_schedules_zone(string line, string expected)
    {
        using var answer = JsonDocument.Parse(Assert.Single(await BatchAsync(line)));

        Assert.Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries), answer.RootElement.GetProperty("occurrences").EnumerateArray()
            .Select(o => o.GetString()));
        Assert.Single(answer.RootElement.EnumerateObject());
    }

    [Theory]
    [InlineData("", "the line is empty; expected a JSON object")]
    [InlineData("   ", "the line is empty; expected a JSON object")]
    [InlineData("{", "the line is not JSON: ")]
    [InlineData("""{"cron":"* * * * *"} x""", "the line is not JSON: ")]
    [InlineData(
        """{"cron":"@daily",}""", "the line is not JSON: The JSON object contains a trailing comma at the end which is not supported. (column 18)")]
    [InlineData("[]", "expected a JSON object")]
    [InlineData("7", "expected a JSON object")]
    [InlineData("null", "expected a JSON object")]
    [InlineData("{}", "expected one of 'interval', 'cron' and 'rrule'; there is none")]
    [InlineData("""{"cron":"@daily","interval":"1d"}""", "expected one of 'interval', 'cron' and 'rrule'; there are several")]
    [InlineData("""{"crno":"@daily"}""", "'crno': expected one of the fields there are; did you mean 'cron'?")]
    [InlineData(
        """{"cron":"@daily","nonsense":1}""",
        "'nonsense': expected one of cron, day_or, rrule, interval, anchor, timezone, from, inclusive and count")]
    [InlineData("""{"cron":"@daily","cron":"@hourly"}""", "'cron' is there twice")]
    [InlineData("""{"cron":["@daily"]}""", "cron: expected a text")]
    [InlineData("""{"cron":"\ud800"}""", "cron: expected a text")]
    [InlineData("""{"\ud800":"@daily"}""", "'': expected one of")]
    [InlineData("""{"cron":"61 * * * *"}""", "cron: minute: '61' is not one of its values")]
    [InlineData("""{"cron":"@daily","timezone":"Europe/Berln"}""", "timezone: time zone: 'Europe/Berln' is unknown; did you mean Europe/Berlin")]
    [InlineData("""{"cron":"@daily","from":"2026-01-01T00:00:00"}""", "from: expected an instant with its offset from UTC")]
    [InlineData("""{"cron":"@daily","from":1767225600}""", "from: expected an instant with its offset from UTC")]
    [InlineData("""{"cron":"@daily","anchor":"2026-01-01T00:00:00Z"}""", "anchor: only an interval has an anchor")]
    [InlineData("""{"interval":"1d","day_or":true}""", "day_or: only a cron expression has day fields")]
    [InlineData("""{"interval":"soon"}""", "interval: expected a duration such as")]
    [InlineData("""{"interval":-5}""", "interval: expected a duration such as")]
    [InlineData("""{"interval":1e999}""", "interval: expected a duration such as")]
    [InlineData("""{"interval":1e28}""", "interval: expected a duration such as")]
    [InlineData("""{"interval":"1ms"}""", "interval: 1ms is too short")]
    [InlineData("""{"cron":"@daily","count":0}""", "count: expected a whole number from 1 to 10000")]
    [InlineData("""{"cron":"@daily","count":10001}""", "count: expected a whole number from 1 to 10000")]
    [InlineData("""{"cron":"@daily","count":"5"}""", "count: expected a whole number from 1 to 10000")]
    [InlineData("""{"cron":"@daily","inclusive":1}""", "inclusive: expected true or false")]
    public async Task A_bad_line_is_answered_with_what_is_wrong_and_the_batch_goes_on(string line, string error)
    {
        var answers = await BatchAsync(line, """{"cron":"@daily","count":1}""");

        Assert.Equal(2, answers.Length);
        using var first = JsonDocument.Parse(answers[0]);
        Assert.StartsWith(error, first.RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal("""{"occurrences":["2026-03-02T00:00:00+00:00"]}""", answers[1]);
    }

    [Fact]
    public async Task Nothing_a_line_may_hold_ends_the_batch()
    {
        var random = new Random(20260301);
        string[] pieces =
        [
            "{", "}", "\"", ":", ",", "[", "]", "cron", "rrule", "interval", "from", "count", "\\ud800", "\\", "\0", "1e9", "-", "null", "true",
            "* * * * *", "DTSTART:", "FREQ=DAILY", "2026-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "UTC", "é", "\u2028", "\t",
        ];
        var lines = Enumerable.Range(0, 5_000)
            .Select(_ => string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => pieces[random.Next(pieces.Length)]))).ToArray();

        var answers = await BatchAsync(lines);

        Assert.Equal(lines.Length, answers.Length);
        Assert.All(answers, a => JsonDocument.Parse(a).Dispose());
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_an_error_of_their_line()
    {
        var output = await PreviewRun.OfAsync([.. "{\"cron\":\""u8, 0xff, 0xfe, .. "\"}\n"u8], "--batch");

        Assert.Equal("{\"error\":\"the line is not UTF-8\"}\n", output.Out);
        Assert.Equal(ExitCodes.Success, output.Code);
    }

    [Fact]
    public async Task A_line_is_answered_while_the_next_one_is_still_to_come()
    {
        var (input, output) = (new Pipe(), new Pipe());
        var batch = PreviewRun.RunAsync(input.Reader.AsStream(), output.Writer.AsStream(), ["--batch"]);
        using var answers = new StreamReader(output.Reader.AsStream());
        for (var year = 2026; year < 2029; year++)
        {
            await input.Writer.WriteAsync(Encoding.UTF8.GetBytes($"{{\"cron\":\"@yearly\",\"count\":1,\"from\":\"{year}-01-01T00:00:00Z\"}}\n"));
            Assert.Equal(
                $"{{\"occurrences\":[\"{year + 1}-01-01T00:00:00+00:00\"]}}", await answers.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)));
        }

        await input.Writer.CompleteAsync();
        Assert.Equal(ExitCodes.Success, await batch);
    }

    private static async Task<string[]> BatchAsync(params string[] lines)
    {
        var run = await PreviewRun.OfAsync(Encoding.UTF8.GetBytes(string.Concat(lines.Select(l => l + "\n"))), "--batch");
        Assert.Equal((ExitCodes.Success, ""), (run.Code, run.Error));
        return run.Out.Split('\n')[..^1];
    }
}
