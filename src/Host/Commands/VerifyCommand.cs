using System.CommandLine;
using System.Globalization;
using Runner.Actors;
using Runner.Cli;
using Runner.Cli.Arguments;
using Runner.Cli.Terminal;
using Runner.Entities.Store;
using Runner.Host.Configuration;
using Runner.Host.Stores;
using Runner.Host.Verification;
using Runner.Persistence.Postgres;
using Runner.Persistence.Sqlite;

namespace Runner.Host.Commands;

/// <summary><c>runner verify</c>: reads a whole store and says what is wrong with it. Changes nothing; a node may have it meanwhile.</summary>
internal sealed class VerifyCommand(Func<HostEnvironment> environment, CliContext context)
{
    /// <summary>The store could not be read, or not to its end.</summary>
    private const int NotRead = 2;

    private const int Shown = 100;

    private readonly Option<int?> _limit = Values.Integer(
        "--limit", string.Create(CultureInfo.InvariantCulture, $"How many problems are shown ({Shown}); all are counted."), 1, 1_000_000);
    private readonly Option<bool> _json = Values.Flag("--json", "Print JSON.");
    private readonly NodeFlagOptions _store = NodeFlagOptions.OfStore();

    public static Command Create(Func<HostEnvironment> environment, CliContext context)
    {
        var it = new VerifyCommand(environment, context);
        var command = new Command(
            "verify",
            "Read a whole store, every event and every row, and say what is damaged. A node may run on it meanwhile.") { it._limit, it._json }
            .WithExample("runner verify --data /var/lib/runner");
        it._store.AddTo(command);
        command.SetAction((parsed, cancel) => it.RunAsync(parsed, cancel));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var host = environment();
        var (options, mistakes) = new NodeOptionsReader(host.Variable).Read(_store.Read(parsed));
        if (options is null)
        {
            throw new UsageException(string.Join(Environment.NewLine, mistakes));
        }

        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var signals = context.OnInterrupt(interrupt.Cancel);
        var json = parsed.GetValue(_json);
        var progress = new Progress(context, json);
        try
        {
            var (name, scan) = await OpenAsync(options).ConfigureAwait(false);
            using (scan)
            {
                var verification = new Verification.Verification(
                    host.Time, parsed.GetValue(_limit) ?? Shown, problem => Say(problem, progress, json),
                    entities => progress.Show(
                        () => string.Create(CultureInfo.InvariantCulture, $"{entities:N0} runs, deployments and others read …")));
                var report = await verification.RunAsync(name, scan, interrupt.Token).ConfigureAwait(false);
                progress.End();
                return Say(report, json);
            }
        }
        catch (Exception e) when (e is StoreException or NodeStartException)
        {
            progress.End();
            Errors.Print(context, e.Message);
            return NotRead;
        }
    }

    private static async Task<(string Name, IStoreScan Scan)> OpenAsync(NodeOptions options)
    {
        if (options.StoreKind == StoreKind.PostgreSql)
        {
            try
            {
                var postgres = new PostgresStoreOptions(options.Store.WithPassword());
                return (postgres.DatabaseText, await PostgresStoreScan.OpenAsync(postgres, Tables.All).ConfigureAwait(false));
            }
            catch (ArgumentException e)
            {
                throw new NodeStartException($"{NodeSetting.StoreConnection.Path}: {e.Message}");
            }
        }

        var path = Path.Combine(options.DataDirectory, SqliteNodeStore.FileName);
        return File.Exists(path)
            ? (path, SqliteStoreScan.Open(new SqliteStoreOptions(path), Tables.All))
            : throw new NodeStartException($"There is no store {path}. Name the node's data folder with --data DIR, "
                + "or its database with --store postgresql --store-connection TEXT.");
    }

    private void Say(StoreProblem problem, Progress progress, bool json)
    {
        if (!json)
        {
            progress.End();
            context.WriteLine($"{Printable.Line(problem.Message)} {context.Style.Dim(Printable.Line(problem.ToDo))}");
        }
    }

    private int Say(VerifyReport report, bool json)
    {
        if (json)
        {
            context.WriteJson(report, VerifyJson.Default.VerifyReport);
        }
        else
        {
            if (report.Found > report.Problems.Length)
            {
                context.WriteLine(
                    string.Create(CultureInfo.InvariantCulture, $"… and {report.Found - report.Problems.Length:N0} more; --limit shows them."));
            }

            context.WriteLine(
                (report.Found == 0 ? context.Style.Green("Nothing is wrong.") : context.Style.Red(
                    string.Create(CultureInfo.InvariantCulture, $"{report.Found:N0} {(report.Found == 1 ? "thing is" : "things are")} wrong.")))
                + string.Create(
                    CultureInfo.InvariantCulture,
                    $" Read in {report.Seconds:0.0} s: {report.Deployments:N0} deployments, {report.Runs:N0} runs, {report.Events:N0} events, "
                    + $"{report.Rows:N0} rows, {report.WakeUps:N0} wake-ups, {report.Slots:N0} slots of {Printable.Line(report.Store)}."));
        }

        return report.Found == 0 ? ExitCodes.Success : ExitCodes.Error;
    }
}
