using System.Reflection;
using System.Text.RegularExpressions;
using Runner.Messages.Http;

namespace Runner.Host.Tests.Http;

/// <summary>
/// What an operation needs beside its description in <see cref="Api"/> is there, or its absence has a reason here. What it answers is walked through
/// by <see cref="OpenApi.WalkTests"/>, and docs/openapi.json is held by <see cref="OpenApi.DocumentTests"/>.
/// </summary>
public sealed partial class OperationsTests : IAsyncLifetime
{
    private static readonly string Client = File.ReadAllText(Path.Combine(Repository.Root, "src", "Client", "RunnerClient.cs"));

    private static readonly Dictionary<string, string> NotOfTheClient = new()
    {
        [nameof(Api.GetLiveness)] = "for what starts a dead program again; people ask whether the node does its work",
        [nameof(Api.GetMetrics)] = "for Prometheus",
        [nameof(Api.GetOpenApi)] = "for programs that make clients of it",
    };

    private static readonly Dictionary<string, string> NotOfTheCommandLine = new()
    {
        [nameof(Api.GetNode)] = "`runner health` says of a node what people ask for",
    };

    private readonly ApiFixture _api = new() { Filled = false };

    public Task InitializeAsync() => _api.InitializeAsync();

    public Task DisposeAsync() => _api.DisposeAsync();

    public static TheoryData<string> Operations() => [.. All.Keys];

    private static Dictionary<string, Operation> All { get; } = typeof(Api).GetProperties(BindingFlags.Static | BindingFlags.Public)
        .Where(p => p.GetValue(null) is Operation).ToDictionary(p => p.Name, p => (Operation)p.GetValue(null)!);

    [Theory]
    [MemberData(nameof(Operations))]
    public void An_operation_is_mapped_by_the_node(string name) => Assert.True(
        // The server of these tests measures nothing; the walk is through one that does.
        name == nameof(Api.GetMetrics) || _api.Routes.Any(r => r.Metadata.GetMetadata<Operation>() == All[name]),
        $"Api.{name} is not mapped: map it in the class of src/Host/Http that has its kind, and that in ApiServer.Map.");

    [Theory]
    [MemberData(nameof(Operations))]
    public void An_operation_is_sent_by_a_method_of_the_client(string name) => Assert.True(
        MethodOf(name) is not null != NotOfTheClient.ContainsKey(name),
        $"Api.{name}: either a public method of src/Client/RunnerClient.cs sends it, or {nameof(NotOfTheClient)} here says why none does.");

    [Theory]
    [MemberData(nameof(Operations))]
    public void An_operation_has_its_command(string name)
    {
        if (MethodOf(name) is { } method)
        {
            var used = new[] { "src/Cli", "src/Host/Commands" }
                .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories))
                .Any(file => Regex.IsMatch(File.ReadAllText(file), $@"\.{method}\("));
            Assert.True(
                used != NotOfTheCommandLine.ContainsKey(name),
                $"Api.{name}: either a command in src/Cli/Commands calls {method} of the client, "
                + $"or {nameof(NotOfTheCommandLine)} here says why none does.");
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void An_operation_is_in_the_table_of_requests(string name)
    {
        var operation = All[name];
        var document = File.ReadAllText(Path.Combine(Repository.Root, "docs", "http-api.md"));
        var template = operation.Path.Template.Replace("{run}", "ID", StringComparison.Ordinal);
        var request = $"{operation.Method} {Regex.Replace(template, @"\{(\w+)\}", m => m.Groups[1].Value.ToUpperInvariant())}";
        Assert.True(Documented(document).Contains(request), $"docs/http-api.md has no row for `{request}`.");

        var fields = operation.BodyJson?.Properties.Select(p => $"\"{p.Name}\"") ?? [];
        var missing = operation.Query.Select(q => $@"\b{q.Name}\b").Concat(fields).Where(word => !Regex.IsMatch(document, word));
        Assert.True(!missing.Any(), $"docs/http-api.md does not name {string.Join(", ", missing)} of `{request}`.");
    }

    /// <summary>What it costs is nothing if nobody says so.</summary>
    [Theory]
    [MemberData(nameof(Operations))]
    public void An_operation_that_does_something_says_what_it_costs(string name) => Assert.True(
        All[name].Method == HttpMethod.Get || All[name].Effect != Effect.None != (name is nameof(Api.CancelRun) or nameof(Api.DrainNode)),
        $"Api.{name} has no Effect: it would be taken while the node stops. "
        + "If that is meant, as of a cancellation or a drain, which make less work, say so here.");

    /// <summary>The public method of the client in which an operation stands.</summary>
    private static string? MethodOf(string name) => Regex.Match(Client, $@"Api\.{name}\b") is { Success: true } use
        ? PublicMethod().Matches(Client[..use.Index]).Select(m => m.Groups[1].Value).LastOrDefault(m => m.Length > 0)
        : null;

    /// <summary>The requests of the table's first column; `…/x` is the path before it with another end.</summary>
    private static HashSet<string> Documented(string document)
    {
        var requests = new HashSet<string>();
        foreach (var cell in document.Split('\n').Where(l => l.StartsWith("| `", StringComparison.Ordinal))
            .Select(l => l.Replace("\\|", "/", StringComparison.Ordinal).Split('|')[1]))
        {
            var last = "";
            foreach (var code in Code().Matches(cell).Select(m => m.Groups[1].Value.Split('?', '[')[0]))
            {
                last = code.StartsWith('…') ? last[..last.LastIndexOf('/')] + code[1..] : code;
                requests.Add(last);
            }
        }

        return requests;
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"^    public [^=;\n]*? (\w+Async)\(", RegexOptions.Multiline)]
    private static partial Regex PublicMethod();
}
