namespace Runner.Persistence.Tests;

/// <summary>What tests run in processes of their own: <c>dotnet exec Runner.Persistence.Tests.dll NAME ARGUMENT</c>.</summary>
public static class Program
{
    public static async Task<int> Main(string[] args)
    {
        Func<string, Task>? scenario = args is not [string name, _] ? null : name switch
        {
            nameof(SqliteScenarios.WriteForeverAsync) => SqliteScenarios.WriteForeverAsync,
            nameof(SqliteScenarios.FillTheDiskAsync) => SqliteScenarios.FillTheDiskAsync,
            nameof(SqliteScenarios.FillTheDiskWithALogAsync) => SqliteScenarios.FillTheDiskWithALogAsync,
            nameof(SqliteScenarios.WriteReadOnlyAsync) => SqliteScenarios.WriteReadOnlyAsync,
            _ => null,
        };
        if (scenario is null)
        {
            await Console.Error.WriteLineAsync($"no such scenario: {string.Join(' ', args)}");
            return 2;
        }

        await scenario(args[1]);
        return 0;
    }
}
