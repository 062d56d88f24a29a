using System.Collections.Immutable;
using System.CommandLine;
using Runner.Cli.Arguments;
using Runner.Cli.Terminal;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;

namespace Runner.Cli.Commands;

/// <summary><c>runner submit</c>.</summary>
internal sealed class SubmitCommand
{
    private readonly Argument<string> _name;
    private readonly Option<string[]> _parameter = new("--parameter", "-p")
    {
        Description = "One parameter; a value that is JSON is taken as that, any other as text. May be repeated.",
        HelpName = "KEY=VALUE",
    };

    private readonly Option<string?> _parameters = Values.Text("--parameters", "All parameters: a JSON object, or a file with one.", "JSON|@FILE");
    private readonly Option<string?> _at = Values.Text("--at", "When it is due: an instant, or a distance such as +10m.", "TIME");
    private readonly Option<int?> _priority = Values.Integer("--priority", "Higher ones start first; the deployment's if left out.", -1_000, 1_000);
    private readonly Option<string?> _key = Values.Text("--key", "An idempotency key: the same one is the same run, for ever.", "KEY");
    private readonly Option<bool> _keyOnly = Values.Flag(
        "--key-only", "With --key: take the run of the key, also if it was asked for with other parameters, time, priority, tags or name.");
    private readonly Option<string[]> _tag = new("--tag") { Description = "A tag of this run. May be repeated.", HelpName = "TAG" };
    private readonly Option<Enforcement?> _enforce = Values.Word(
        "--enforce-parameter-schema", "Whether this run's parameters have to fit the deployment's schema; as the deployment says if left out.",
        ("true", Enforcement.On), ("false", Enforcement.Off));

    private readonly Option<string?> _called = Values.Text("--name", "What to call this run; `runner runs --name` finds it.", "NAME");
    private readonly Option<bool> _wait = Values.Flag("--wait", "Wait for its end; the exit code is the outcome.");
    private readonly Option<bool> _follow = Values.Flag("--follow", "As --wait, and print its output and states.");
    private readonly Option<TimeSpan?> _timeout = Values.Duration("--timeout", "How long to wait; the run goes on.");

    /// <summary>No truth value: the parser takes those for flags, and a word behind a flag for another argument.</summary>
    private enum Enforcement
    {
        On,
        Off,
    }

    private SubmitCommand(ClientCommand client) =>
        _name = client.Suggest.Deployments(new Argument<string>("name") { Description = "The deployment: FLOW/NAME." });

    public static Command Create(ClientCommand client)
    {
        var submit = new SubmitCommand(client);
        var command = new Command(
            "submit",
            "Run a deployment. With --wait or --follow the exit code is 0 completed, 1 failed or crashed, 3 cancelled, 4 timed out waiting.")
        {
            submit._name, submit._parameter, submit._parameters, submit._at, submit._priority, submit._key, submit._keyOnly, submit._tag,
            submit._called, submit._enforce, submit._wait, submit._follow, submit._timeout,
        };
        return client.With(command, "runner submit hello/every-10s -p name=you --follow", submit.RunAsync);
    }

    /// <summary>What was submitted and how to see more of it.</summary>
    public static string Render(CliContext context, RunSubmitted submitted) =>
        $"Run {submitted.Id} is {context.Style.State(submitted.State)}{(submitted.Created ? "" : "; the key had been used for it before")}.\n"
        + $"Follow it with `runner run logs {submitted.Id} --follow`.\n";

    private async Task<int> RunAsync(ClientCall call)
    {
        var waits = call.Get(_wait) || call.Get(_follow);
        if (call.Get(_timeout) is not null && !waits)
        {
            throw new UsageException("--timeout says how long to wait: it needs --wait or --follow.");
        }

        if (call.Get(_keyOnly) && call.Get(_key) is null)
        {
            throw new UsageException("--key-only says what a key means: it needs --key.");
        }

        var tags = call.Get(_tag) is { Length: > 0 } given ? ImmutableArray.Create(given) : (ImmutableArray<string>?)null;
        var parameters = await call.ReadAsync(() => Parameters.Read(call.Get(_parameters), call.Get(_parameter) ?? [])).ConfigureAwait(false);
        var submitted = await call.Client.SubmitAsync(
            new SubmitRun(
                call.Get(_name),
                parameters,
                Values.Future("--at", call.Get(_at), call.Context.Time),
                call.Get(_priority),
                call.Get(_key),
                tags,
                call.Get(_enforce) is { } enforce ? enforce == Enforcement.On : null,
                call.Get(_keyOnly),
                call.Get(_called)),
            call.Cancel).ConfigureAwait(false);
        Say(call, submitted, waits);
        return waits
            ? await new RunFollower(call, submitted.Id, call.Get(_follow), call.Get(_timeout)).WaitAsync().ConfigureAwait(false)
            : ExitCodes.Success;
    }

    private void Say(ClientCall call, RunSubmitted submitted, bool waits)
    {
        if (call.Json)
        {
            // With --wait the run as it ended is the one answer.
            if (!call.Get(_wait) || call.Get(_follow))
            {
                call.Context.WriteJson(submitted, MessagesJson.Default.RunSubmitted);
            }
        }
        else if (waits)
        {
            call.Context.WriteErrorLine($"Run {submitted.Id} of {Printable.Line(call.Get(_name))}");
        }
        else
        {
            call.Context.Write(Render(call.Context, submitted));
        }
    }
}
