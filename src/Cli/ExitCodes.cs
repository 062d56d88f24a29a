namespace Runner.Cli;

/// <summary>What commands exit with.</summary>
public static class ExitCodes
{
    public const int Success = 0;

    /// <summary>It did not work; for <c>submit --wait</c> and <c>--follow</c>: the run failed or crashed.</summary>
    public const int Error = 1;

    /// <summary>The command line is wrong; nothing was done.</summary>
    public const int Usage = 2;

    /// <summary><c>submit --wait</c>: the run was cancelled.</summary>
    public const int Cancelled = 3;

    /// <summary><c>submit --wait</c>: the run had not ended when <c>--timeout</c> was over.</summary>
    public const int TimedOutWaiting = 4;

    /// <summary>The person ended the command (128 and SIGINT, as shells count).</summary>
    public const int Interrupted = 130;
}

/// <summary>The command line is wrong in a way its grammar does not say: exit code 2.</summary>
public sealed class UsageException(string message) : Exception(message);
