using System.Collections.Concurrent;
using Writ.Rego.Values;

namespace Writ.Server.Policies;

/// <summary>
/// What a policy answered while everything was looked at once: all at one moment, so that questions which agree on all
/// that has a say are asked once.
/// </summary>
/// <param name="now">That moment.</param>
public sealed class AnswerMemory(DateTimeOffset now)
{
    private const int Most = 50_000;
    private readonly ConcurrentDictionary<RegoValue, PolicyAnswer> _answers = [];

    public DateTimeOffset Now => now;

    internal PolicyAnswer? Find(RegoValue key) => _answers.GetValueOrDefault(key);

    internal void Keep(RegoValue key, PolicyAnswer answer)
    {
        if (_answers.Count < Most) _answers[key] = answer;
    }
}
