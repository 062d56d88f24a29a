using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using Microsoft.OpenApi;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Deployments.Fields;
using Runner.Messages.Http;
using Runner.Messages.Limits;
using Runner.Messages.Nodes;
using Runner.Messages.Runs;

namespace Runner.Host.Http.OpenApi;

/// <summary>
/// What the serializer's contract does not know of a field: its bounds, its few words, and a sentence where its name does not say it.
/// </summary>
/// <param name="Bound">Adds keywords to the field's schema.</param>
internal sealed record SchemaNote(string? Description, Action<OpenApiSchema>? Bound = null)
{
    /// <summary>Makes the schema instead of the contract; null leaves it to that.</summary>
    public Func<OpenApiSchema>? Instead { get; init; }

    public OpenApiSchema? Schema => Instead?.Invoke();
}

/// <summary>The notes by type and field.</summary>
internal static class SchemaNotes
{
    public static FrozenDictionary<(Type Type, string Field), SchemaNote> All { get; } = new Dictionary<(Type, string), SchemaNote>
    {
        [(typeof(RunState), "name")] = Words([.. StateNames.All.Select(state => state.Name)]),
        [(typeof(RunState), "message")] = new("Why, in a sentence, where the name does not say it all."),
        [(typeof(RunStateChange), "sequence")] = new("The number of the event that caused it: where a stream can be resumed."),
        [(typeof(RunStateChange), "attempt")] = new("From 1; 0 before the first.", Range(0, null)),
        [(typeof(RunPage), "next")] = Next,
        [(typeof(DeploymentPage), "next")] = Next,
        [(typeof(LimitPage), "next")] = Next,
        [(typeof(HealthReport), "status")] = Words("ready", "degraded", "not-ready"),
        [(typeof(HealthCheck), "message")] = new("What is wrong and what to do, or that all is well."),
        [(typeof(NodeInfo), "labels")] = new("What it has that others may not have, for a deployment's `requires`; left out if there are none."),
        [(typeof(LimitView), "size")] = new("Left out if none is set: it counts and does not bound."),
        [(typeof(LimitView), "holders")] = new("Up to 100 of the runs that hold a slot."),
        [(typeof(LimitView), "waiters")] = new("Up to 100 of the runs that wait, in the order in which they are served."),
        [(typeof(LimitView), "ending")] = new("Whether it was deleted, or its deployment is or no longer has one: "
            + "it bounds the runs that count against it until the last of them has ended."),
        [(typeof(LimitView), "moreWaiting")] = new("Whether there are more waiters than those."),
        [(typeof(LimitBody), "size")] = new("How many runs may hold a slot at once.", Range(1, 1_000_000)),
        [(typeof(RunSubmitted), "created")] = new("False if the idempotency key had been used: it is the run of the first time."),
        [(typeof(SubmitBody), "at")] = new("When it is due; at once if left out."),
        [(typeof(SubmitBody), "priority")] = new("The deployment's if left out.", Range(-1_000, 1_000)),
        [(typeof(SubmitBody), "idempotencyKey")] = Key,
        [(typeof(SubmitBody), "keyOnly")] = new("Whether the key alone decides: the answer is the run of the key, whatever else it was asked for. "
            + "Without it, other parameters, `at`, `priority` or `tags` than the first time are refused."),
        [(typeof(SubmitBody), "enforceParameterSchema")] = new(
            "Whether the deployment's parameter schema is enforced for this run; as the deployment says if left out."),
        [(typeof(RetryBody), "idempotencyKey")] = Key,
        [(typeof(CancelBody), "reason")] = new("Shown as the state's message."),
        [(typeof(DeploymentChanged), "changed")] = new("False if it was so already."),
        [(typeof(LimitChanged), "changed")] = new("False if it was so already."),
        [(typeof(DeploymentSpec), "name")] = new("FLOW/NAME.", schema => schema.Pattern = "^[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}$"),
        [(typeof(DeploymentSpec), "command")] = new("The argv, never passed through a shell. `{{ parameters.NAME }}`, `{{ run.id }}`, "
            + "`{{ run.name }}`, `{{ run.due }}`, `{{ run.attempt }}`, `{{ run.schedule }}`, `{{ deployment.name }}` and `{{ deployment.flow }}` "
            + "in it are filled in, as in the values of env and in workdir. Left out if there is a `shell`."),
        [(typeof(DeploymentSpec), "shell")] = new("Instead of a command: a text for `/bin/sh -c`. "
            + "A template in it is one value to the shell, whatever it holds, and is refused where the shell would not take it for one."),
        [(typeof(RunView), "shell")] = new("What `/bin/sh -c` is given, as it is declared; left out if there is a command."),
        [(typeof(DeploymentSpec), "workdir")] = new("An absolute directory, in which templates are filled in."),
        [(typeof(DeploymentSpec), "env")] = new("Added to the node's own: a text, null to remove a variable, "
            + "or where its value is read when an attempt starts. Values that were read are never answered.")
        {
            Instead = () => new() { Type = JsonSchemaType.Object, AdditionalProperties = Variable },
        },
        [(typeof(DeploymentSpec), "requires")] = new("Which labels a node must have for a run to start on it: a text, or a list of texts of which "
            + "any will do; null with `!` before the name for nodes without the label. Left out: any node.")
        {
            Instead = () => new() { Type = JsonSchemaType.Object, AdditionalProperties = Label },
        },
        [(typeof(DeploymentSpec), "parameterSchema")] = new(
            "What a run's parameters have to be like: a JSON Schema of draft 2020-12 or 7, up to 256 KiB.")
        {
            Instead = () => new() { Type = JsonSchemaType.Object | JsonSchemaType.Boolean },
        },
        [(typeof(ScheduleView), "active")] = new("As declared, or as somebody has switched it since."),
        [(typeof(ScheduleView), "next")] = new("When it is due next, without jitter."),
        [(typeof(ScheduleView), "problem")] = new("Why it cannot say when it is due."),
        [(typeof(ScheduleView), "ended")] = new("Why it is never due again; left out if it has not come to its end."),
        [(typeof(RunView), "startAt")] = new("When it starts, if its schedule's jitter puts that after `due`."),
        [(typeof(Problem), "field")] = new("Where, as the deployment file spells it; empty for the whole."),
        [(typeof(ApiProblem), "type")] = new("urn:runner:CODE", schema => schema.Pattern = "^urn:runner:[a-z-]+$"),
        [(typeof(ApiProblem), "code")] = Words([.. Refusals.All.Keys.Order(StringComparer.Ordinal)]),
        [(typeof(ApiProblem), "detail")] = new("What happened and what to do."),
        [(typeof(ApiProblem), "problems")] = new("Each thing that is wrong, where there is more to say than one sentence."),
    }.ToFrozenDictionary();

    private static OpenApiSchema Variable => new()
    {
        AnyOf =
        [
            new OpenApiSchema { Type = JsonSchemaType.String | JsonSchemaType.Null },
            Source("fromEnv", ValueSchema.Text(), "A variable of the node's own environment."),
            Source("fromFile", ValueSchema.Text(), "The absolute path of a file on the node, up to 64 KiB."),
            Source("fromCommand", new OpenApiSchema { Type = JsonSchemaType.Array, Items = ValueSchema.Text(), MinItems = 1 },
                "The argv, up to 100 texts, of a program that the node runs, up to 30 s; its standard output, up to 64 KiB."),
        ],
    };

    private static OpenApiSchema Label => new()
    {
        AnyOf =
        [
            new OpenApiSchema { Type = JsonSchemaType.String | JsonSchemaType.Null, MaxLength = NodeLabels.LongestValue },
            new OpenApiSchema
            {
                Type = JsonSchemaType.Array, MinItems = 1, MaxItems = LabelRule.MostValues,
                Items = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = NodeLabels.LongestValue },
            },
        ],
    };

    private static OpenApiSchema Source(string field, OpenApiSchema of, string description)
    {
        of.Description = description;
        return new()
        {
            Type = JsonSchemaType.Object,
            Properties = new Dictionary<string, IOpenApiSchema> { [field] = of },
            Required = new HashSet<string> { field },
            AdditionalPropertiesAllowed = false,
        };
    }

    private static SchemaNote Next => new("What `after` is to be for the next page; left out if this is the last.");

    private static SchemaNote Key => new("The same key is the same run, for ever.", schema =>
    {
        schema.MinLength = 1;
        schema.MaxLength = 200;
    });

    /// <summary>Of what a deployment file declares, what its field says, unless JSON has more to say.</summary>
    public static SchemaNote? Of(Type type, string field) => (All.GetValueOrDefault((type, field)), Declared.GetValueOrDefault((type, field))) switch
    {
        ({ } own, { } declared) => own with { Bound = declared.Bound + own.Bound },
        var (own, declared) => own ?? declared,
    };

    private static FrozenDictionary<(Type Type, string Field), SchemaNote> Declared { get; } = new[]
    {
        Noted(DeploymentSpec.Fields), Noted(ScheduleSpec.Fields), Noted(ConcurrencySpec.Fields), Noted(RetrySpec.Fields), Noted(RetentionSpec.Fields),
        Noted(NodeLossSpec.Fields),
    }.SelectMany(notes => notes).ToFrozenDictionary();

    private static IEnumerable<KeyValuePair<(Type Type, string Field), SchemaNote>> Noted<T>(ImmutableArray<Field<T>> fields) =>
        fields.Select(field => KeyValuePair.Create((typeof(T), field.JsonName), new SchemaNote(Sentence(field), schema => Bound(schema, field))));

    private static string? Sentence(Field field) => field.About is not { } about ? null
        : $"{char.ToUpperInvariant(about[0])}{about[1..]}{(field.RangeInWords is { } range ? $"; {range}" : "")}."
            + (field.DefaultInJson is { } usual ? $" Left out: {usual}." : "");

    private static void Bound(OpenApiSchema schema, Field field)
    {
        if (field.Numbers is var (least, most))
        {
            schema.Minimum = least.ToString(CultureInfo.InvariantCulture);
            schema.Maximum = most.ToString(CultureInfo.InvariantCulture);
        }

        if (field.MostLength is { } length)
        {
            _ = schema.Type switch
            {
                JsonSchemaType.Array => schema.MaxItems = length,
                JsonSchemaType.Object => schema.MaxProperties = length,
                _ => schema.MaxLength = length,
            };
        }
    }

    private static SchemaNote Words(params string[] words) => new(null, schema => schema.Enum = ValueSchema.OneOf(words).Enum);

    private static Action<OpenApiSchema> Range(long minimum, long? maximum) => schema =>
    {
        schema.Minimum = ValueSchema.Number(minimum);
        schema.Maximum = maximum is { } most ? ValueSchema.Number(most) : null;
    };
}
