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

    /// <summary>When a stream's lines came, and from where on.</summary>
    public StreamTimes TimesOf(Guid run, int attempt, LogStream stream) =>
        new(PathOf(run, attempt, stream), _files.Times(new AttemptKey(run, attempt)), stream == LogStream.Stderr);

    /// <summary>Whether the attempt's output is there; then so is what it is masked by.</summary>
    public bool Exists(Guid run, int attempt) => ProgramFile.Exists(_files.Stdout(new AttemptKey(run, attempt)));

    /// <summary>What the attempt's output is masked by; null if it has no secrets.</summary>
    /// <exception cref="ReplacedFileException">It cannot be masked, and so is not to be shown.</exception>
    public SecretMask? MaskOf(Guid run, int attempt) => SecretMask.Of(_files, new AttemptKey(run, attempt));
}
