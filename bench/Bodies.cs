using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;

namespace Runner.Bench;

/// <summary>
/// Every route that takes a body, with bodies of the largest size allowed that are the most work: how long until it is answered, and how long another
/// request waits meanwhile. On the shipped program.
/// </summary>
internal static class Bodies
{
    private const string Runs = "api/v1/deployments/bench/bodies/runs";
    private const string Register = "api/v1/deployments";

    /// <summary>The largest body is 4 MiB; a little is left for what stands around.</summary>
    private static int Room => Scale.Of((4 << 20) - 4_096, 64 << 10);

    public static async Task MeasureAsync(Report report)
    {
        await NodeProgram.BuildAsync().ConfigureAwait(false);
        var data = Directory.CreateTempSubdirectory("runner-bench-").FullName;
        await using (var node = await NodeProgram.StartAsync(data).ConfigureAwait(false))
        {
            await SendAsync(node, HttpMethod.Put, Register, Deployment("")).ConfigureAwait(false);
            foreach (var (what, method, path, body) in All())
            {
                var (status, took, other) = await MeasureAsync(node, method, path, body).ConfigureAwait(false);
                report.Add(
                    string.Create(CultureInfo.InvariantCulture, $"`{method} /{path}`, {Encoding.UTF8.GetByteCount(body) / 1e6:0.0} MB: {what}"),
                    string.Create(CultureInfo.InvariantCulture, $"{took.TotalMilliseconds:N0} ms"),
                    string.Create(
                        CultureInfo.InvariantCulture, $"answered {(int)status}; another request waited {other.TotalMilliseconds:N0} ms at most"));
            }
        }

        Directory.Delete(data, recursive: true);
    }

    private static IEnumerable<(string What, HttpMethod Method, string Path, string Body)> All()
    {
        yield return ("tags", HttpMethod.Post, Runs, $$"""{"tags":[{{Filled(i => $"\"t{i}\"")}}]}""");
        yield return ("parameters", HttpMethod.Post, Runs, "{\"at\":\"2100-01-01T00:00:00Z\",\"parameters\":{" + Filled(i => $"\"p{i}\":{i}") + "}}");
        yield return ("one long parameter", HttpMethod.Post, Runs, "{\"at\":\"2100-01-01T00:00:00Z\",\"parameters\":{\"p\":\""
            + new string('x', Room) + "\"}}");
        yield return ("unknown fields", HttpMethod.Post, Runs, $$"""{{{Filled(i => $"\"parametres{i}\":{i}")}}}""");
        yield return ("a long key", HttpMethod.Post, Runs, $$"""{"idempotencyKey":"{{new string('k', Room)}}"}""");
        yield return ("deployments", HttpMethod.Put, Register, $"[{Filled(i => Fields($"\"name\":\"bench/d{i}\"", ""))}]");
        yield return ("tags", HttpMethod.Put, Register, Deployment($"\"tags\":[{Filled(i => $"\"t{i}\"")}]"));
        yield return ("arguments with templates that are none", HttpMethod.Put, Register, Deployment(
            $"\"command\":[\"true\",{Filled(_ => "\"{{x}}\"")}]", command: ""));
        yield return ("variables", HttpMethod.Put, Register, Deployment($$"""
            "env":{{{Filled(i => $"\"v{i}\":\"\"")}}}
            """));
        yield return ("limits", HttpMethod.Put, Register, Deployment($"\"limits\":[{Filled(i => $"\"l{i}\"")}]"));
        yield return ("delays", HttpMethod.Put, Register, Deployment($"\"retries\":{{\"count\":1,\"delays\":[{Filled(_ => "\"1s\"")}]}}"));
        yield return ("schedules", HttpMethod.Put, Register, Deployment($"\"schedules\":[{Filled(i => $"{{\"interval\":\"{i + 1}s\"}}")}]"));
        yield return ("10,000 schedules in zones that do not exist", HttpMethod.Put, Register, Deployment(
            Schedules(i => $"\"cron\":\"0 0 * * *\",\"timezone\":\"{new string('e', 80)}{i}\"")));
        yield return ("10,000 schedules with parameters of their own, 1 MB of defaults and a schema", HttpMethod.Put, Register, Deployment(
            "\"parameterSchema\":{\"type\":\"object\"},\"parameters\":{" + Filled(i => $"\"p{i}\":1", 1_000_000 / 2)
            + "}," + Schedules(i => $"\"interval\":\"1h\",\"parameters\":{{\"own\":{i}}}")));
        yield return ("a schema of 256 KB that is a chain of references", HttpMethod.Put, Register, Deployment(
            $"\"parameterSchema\":{{{Filled(i => $"\"x{i}\":{{\"$ref\":\"#/x{i + 1}\"}}", 250_000)},\"$ref\":\"#/x0\"}}"));
        yield return ("a pipeline of templates", HttpMethod.Put, Register, Deployment(
            $"\"shell\":\"{Filled(_ => "{{ run.id }} |")}\"", command: ""));
        yield return ("success codes", HttpMethod.Put, Register, Deployment($"\"successCodes\":[{Filled(_ => "0")}]"));
        yield return ("exit codes to retry", HttpMethod.Put, Register, Deployment($"\"retries\":{{\"count\":1,\"on\":[{Filled(_ => "1")}]}}"));
        yield return ("commands to read values with", HttpMethod.Put, Register, Deployment(
            "\"env\":{" + Filled(i => $"\"v{i}\":{{\"fromCommand\":[\"true\"]}}") + "}"));
        yield return ("a reason", HttpMethod.Post, $"api/v1/runs/{Guid.Empty}/cancel", $$"""{"reason":"{{new string('r', Room)}}"}""");
        yield return ("a long key", HttpMethod.Post, $"api/v1/runs/{Guid.Empty}/retry", $$"""{"idempotencyKey":"{{new string('k', Room)}}"}""");
        yield return ("unknown fields", HttpMethod.Put, "api/v1/limits/bench", $$"""{"size":1,{{Filled(i => $"\"sise{i}\":{i}")}}}""");
        yield return ("a long name", HttpMethod.Post, "api/v1/prune?dryRun=true", $$"""{"deployment":"{{new string('d', Room)}}"}""");
    }

    private static string Schedules(Func<int, string> fields) =>
        $"\"schedules\":[{string.Join(',', Enumerable.Range(0, 10_000).Select(i => $"{{{fields(i)}}}"))}]";

    /// <summary>As many of an item as there is room for.</summary>
    private static string Filled(Func<int, string> item, int? room = null)
    {
        var (text, most) = (new StringBuilder(), Math.Min(room ?? Room, Room));
        for (var i = 0; ; i++)
        {
            var next = item(i);
            if (text.Length + next.Length + 1 > most)
            {
                return text.ToString();
            }

            text.Append(i == 0 ? "" : ",").Append(next);
        }
    }

    private static string Deployment(string rest, string command = "\"command\":[\"true\"]") =>
        $"[{Fields("\"name\":\"bench/bodies\"", rest, command)}]";

    private static string Fields(string name, string rest, string command = "\"command\":[\"true\"]") =>
        $"{{{string.Join(',', ((string[])[name, "\"workdir\":\"/\"", command, rest]).Where(f => f.Length > 0))}}}";

    private static async Task<(HttpStatusCode Status, TimeSpan Took, TimeSpan Other)> MeasureAsync(
        NodeProgram node, HttpMethod method, string path, string body)
    {
        var watch = Stopwatch.StartNew();
        var answer = SendAsync(node, method, path, body);
        var longest = TimeSpan.Zero;
        do
        {
            var began = watch.Elapsed;
            using var other = await node.Http.GetAsync(new Uri("api/v1/limits?limit=1", UriKind.Relative)).ConfigureAwait(false);
            longest = watch.Elapsed - began > longest ? watch.Elapsed - began : longest;
        }
        while (!answer.IsCompleted);

        var (status, took) = await answer.ConfigureAwait(false);
        return (status, took, longest);
    }

    private static async Task<(HttpStatusCode Status, TimeSpan Took)> SendAsync(NodeProgram node, HttpMethod method, string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = content };
        var watch = Stopwatch.StartNew();
        using var response = await node.Http.SendAsync(request).ConfigureAwait(false);
        await response.Content.ReadAsByteArrayAsync().ConfigureAwait(false);
        return (response.StatusCode, watch.Elapsed);
    }
}
