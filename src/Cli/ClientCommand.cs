using System.CommandLine;
using Runner.Cli.Completion;
using Runner.Client;

namespace Runner.Cli;

/// <summary>What every client command has: the options that name the node, <c>--json</c>, a client, and a way to be interrupted.</summary>
internal sealed class ClientCommand
{
    private readonly CliContext _context;
    private readonly Option<string?> _url = new("--url") { Description = "The node's address; the local node's if left out.", HelpName = "URL" };
    private readonly Option<string?> _data = new("--data") { Description = "The data folder of the node to speak to.", HelpName = "DIR" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the API's JSON." };

    public ClientCommand(CliContext context)
    {
        _context = context;
        Suggest = new Suggestions(context, _url, _data);
    }

    /// <summary>Completes names that a node knows.</summary>
    public Suggestions Suggest { get; }

    /// <summary>Gives a command its common options and what it does.</summary>
    public Command With(Command command, Func<ClientCall, Task<int>> action)
    {
        command.Add(_url);
        command.Add(_data);
        command.Add(_json);
        command.SetAction(async result =>
        {
            using var interrupt = new CancellationTokenSource();
            using var signals = _context.OnInterrupt(interrupt.Cancel);
            using var call = new ClientCall(_context, result, result.GetValue(_json), Connect(result), interrupt.Token);
            return await action(call).ConfigureAwait(false);
        });
        return command;
    }

    private Lazy<RunnerClient> Connect(ParseResult result) => new(
        () => new RunnerClient(LocalNode.Find(result.GetValue(_url), result.GetValue(_data), _context.Variable), _context.ClientOptions));
}

/// <summary>One invocation of a client command.</summary>
/// <param name="Cancel">The person wants it to end.</param>
internal sealed record ClientCall(CliContext Context, ParseResult Arguments, bool Json, Lazy<RunnerClient> Connection, CancellationToken Cancel)
    : IDisposable
{
    /// <summary>Made at first use: a command that is wrong in itself asks for no node.</summary>
    public RunnerClient Client => Connection.Value;

    public T? Get<T>(Option<T> option) => Arguments.GetValue(option);

    public T Get<T>(Argument<T> argument) => Arguments.GetRequiredValue(argument);

    public void Dispose()
    {
        if (Connection.IsValueCreated)
        {
            Connection.Value.Dispose();
        }
    }
}
