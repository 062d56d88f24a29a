using Runner.Client;
using Runner.Client.DeploymentFiles;

namespace Runner.Cli.Terminal;

/// <summary>Says what went wrong on standard error: a sentence that says what to do, and a list where there is more than one thing.</summary>
public static class Errors
{
    /// <summary>Prints the error and returns the exit code it means; false for one that is not meant for people.</summary>
    public static bool TryPrint(CliContext context, Exception error, string command, out int exitCode)
    {
        exitCode = ExitCodes.Error;
        switch (error)
        {
            case UsageException:
                PrintUsage(context, [error.Message], command);
                exitCode = ExitCodes.Usage;
                return true;
            case DeploymentFileException file:
                Print(context, $"{(file.Problems.Length == 1 ? "one problem" : $"{file.Problems.Length} problems")}; nothing was deployed.");
                foreach (var problem in file.Problems)
                {
                    context.WriteErrorLine(Printable.Line(problem.ToString()));
                }

                return true;
            // Its sentence names the run and says what to do, beside what differs.
            case RunnerApiException { Problems.Length: > 1, Code: not "key-used-otherwise" } refusal:
                Print(context, $"the node refused this ({refusal.Code}):");
                foreach (var problem in refusal.Problems)
                {
                    context.WriteErrorLine(
                        Printable.Line(problem.Field.Length == 0 ? $"  {problem.Message}" : $"  {problem.Field}: {problem.Message}"));
                }

                return true;
            case RunnerClientException:
                Print(context, error.Message);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Prints one sentence.</summary>
    public static void Print(CliContext context, string message) =>
        context.WriteErrorLine($"{context.ErrorStyle.Red("error:")} {Printable.Line(message)}");

    /// <summary>Prints what is wrong with a command line and where to read on.</summary>
    public static void PrintUsage(CliContext context, IEnumerable<string> messages, string command)
    {
        foreach (var message in messages)
        {
            Print(context, message);
        }

        context.WriteErrorLine($"See `{command} --help`.");
    }
}
