using Runner.Actors.FlowRunners;
using Runner.Client;

namespace Runner.Host.Logs;

/// <summary>Where the output of attempts lies, as the flow runner writes it (<see cref="RunFiles"/>).</summary>
/// <param name="dataDirectory">An absolute path.</param>
internal sealed class OutputFiles(string dataDirectory)
{
    private readonly RunFiles _files = new(dataDirectory);

    /// <summary>The file of a stream; it need not be there.</summary>
    public string PathOf(Guid run, int attempt, LogStream stream)
    {
        var key = new AttemptKey(run, attempt);
        return stream == LogStream.Stdout ? _files.Stdout(key) : _files.Stderr(key);
    }
}
