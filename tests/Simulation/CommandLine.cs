using System.Globalization;

namespace Runner.Simulation;

/// <summary>What is asked for on the command line.</summary>
internal sealed record CommandLine(ulong From, int Count, int Parallel, int MostFailures, SimulationOptions Options, DirectoryInfo? Record = null)
{
    public const string Usage = """
        usage: simulation [--seeds N] [--from SEED] [--days D] [--parallel N] [--failures N] [--plant BUG]
               simulation --seed SEED [--days D] [--trace] [--plant BUG] [--record FOLDER]
               either of them with --nodes N [--calm true]
               simulation --runtime SEED
          --seeds     how many seeds to run (300)        --from      the first of them (1)
          --days      simulated days with faults (1)     --parallel  threads (the number of processors)
          --failures  stop after so many (1)             --trace     print every line of the trace
          --record    write histories that came about to files instead, for tests/Actors.Tests/Histories
          --nodes     a cluster of so many nodes, 2 to 5, or by seed for 0; its time with faults is 40 minutes unless --days says otherwise
          --calm      nothing goes wrong with the cluster
          --runtime   show the hash and the speed of actors that do nothing but keep the runtime busy
          --plant     DroppedWakeUp | SlotFreedBeforeCommit | StartBeforeCommit | SkippedFence | LostMessage | ForgottenOutcome
                      in a cluster: SkippedFence | IsolatedProgramsGoOn | NodeLostAtOnce
        """;

    private bool HasDays { get; init; }

    /// <summary>Null if the arguments make no sense.</summary>
    public static CommandLine? Parse(string[] args)
    {
        var command = new CommandLine(1, 300, Environment.ProcessorCount, 1, new SimulationOptions());
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--trace")
            {
                command = command with { Options = command.Options with { Echo = Console.WriteLine } };
                continue;
            }

            if (i + 1 == args.Length || command.With(args[i], args[++i]) is not { } next)
            {
                return null;
            }

            command = next;
        }

        return command;
    }

    private CommandLine? With(string name, string value)
    {
        var isNumber = ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        var isCount = isNumber && number is > 0 and <= int.MaxValue;
        return name switch
        {
            "--seed" when isNumber => this with { From = number, Count = 1 },
            "--from" when isNumber => this with { From = number },
            "--seeds" when isCount => this with { Count = (int)number },
            "--parallel" when isCount => this with { Parallel = (int)number },
            "--failures" when isCount => this with { MostFailures = (int)number },
            "--nodes" when isNumber && number is 0 or (>= 2 and <= 5) => this with
            {
                Options = Options with { Nodes = (int)number, Duration = HasDays ? Options.Duration : SimulationOptions.OfClusters },
            },
            "--calm" => this with { Options = Options with { Faultless = value == "true" } },
            "--record" => this with { Record = Directory.CreateDirectory(value) },
            "--days"
                when double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var days) && days is > 0 and < 3650 =>
                this with { HasDays = true, Options = Options with { Duration = TimeSpan.FromDays(days) } },
            "--plant" when Enum.TryParse<PlantedBug>(value, ignoreCase: true, out var bug) => this with { Options = Options with { Plant = bug } },
            _ => null,
        };
    }
}
