using System.Collections.Immutable;
using System.Text.Json;
using Runner.Actors.Parameters;
using Runner.Cli;
using Runner.Cli.Terminal;
using Runner.Client.DeploymentFiles;
using Runner.Messages;

namespace Runner.Host.Commands;

/// <summary>`runner parameters check` of one schema and one value.</summary>
internal sealed class ParametersCheck(HostEnvironment environment)
{
    /// <returns>The exit code.</returns>
    /// <exception cref="UsageException">The schema's file or the parameters cannot be read.</exception>
    public int Run(string schemaFile, string given, bool json)
    {
        var value = ReadParameters(given);
        var problems = ParameterSchema.TryRead(ReadFile("--schema", schemaFile), "schema", out var schema, out var wrong)
            ? schema.Check(value) : wrong;
        if (json)
        {
            environment.Output.Write(CheckAnswer.Of(problems).ToLine() + "\n");
        }
        else
        {
            Say(problems, schema is not null);
        }

        environment.Output.Flush();
        environment.Error.Flush();
        return problems.IsEmpty ? ExitCodes.Success : ExitCodes.Error;
    }

    private void Say(ImmutableArray<Problem> problems, bool schemaIsRight)
    {
        if (problems.IsEmpty)
        {
            environment.Output.Write("The parameters fit the schema.\n");
            return;
        }

        var count = problems.Length == 1 ? "one problem" : $"{problems.Length} problems";
        environment.Error.Write(
            $"{environment.ErrorStyle.Red("error:")} {(schemaIsRight ? "the parameters do not fit the schema" : "the schema is wrong")}: {count}.\n");
        foreach (var problem in problems)
        {
            environment.Error.Write($"  {Printable.Line($"{problem.Field}: {problem.Message}")}\n");
        }
    }

    private static JsonElement ReadParameters(string given)
    {
        // What begins like JSON's values with parts is meant as that; the others are as likely the names of files, as which they go first.
        var isMeant = given.TrimStart() is ['{' or '[' or '"', ..];
        var path = given.StartsWith('@') ? given[1..] : given;
        if (!isMeant && File.Exists(path))
        {
            return ReadFile("--parameters", path);
        }

        try
        {
            return JsonElement.Parse(given, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            if (path.Length == 0)
            {
                throw new UsageException("--parameters: expected a file or JSON; there is nothing");
            }

            if (!isMeant)
            {
                return ReadFile("--parameters", path);
            }

            throw new UsageException($"--parameters: expected a file or JSON: {e.Message.Split(" LineNumber:")[0].Split(" Path:")[0]}");
        }
    }

    private static JsonElement ReadFile(string option, string path)
    {
        try
        {
            return ValueFile.Load(path);
        }
        catch (DeploymentFileException e)
        {
            throw new UsageException($"{option}: {string.Join("; ", e.Problems)}");
        }
    }
}
