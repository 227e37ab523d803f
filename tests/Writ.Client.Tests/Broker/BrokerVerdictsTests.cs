namespace Writ.Client.Tests;

public sealed class BrokerVerdictsTests
{
    private readonly FakeTime _time = new();
    private readonly BrokerVerdicts _verdicts;
    private int _asked;
    private Func<Task<bool>> _answer = () => Task.FromResult(true);

    public BrokerVerdictsTests() => _verdicts = new BrokerVerdicts(
        _ =>
        {
            Interlocked.Increment(ref _asked);
            return _answer();
        },
        _time);

    [Fact]
    public async Task Many_at_once_are_one_question()
    {
        var broker = new TaskCompletionSource<bool>();
        _answer = () => broker.Task;
        var waiting = Enumerable.Range(0, 50).Select(_ => _verdicts.IsActiveAsync("token", default)).ToList();
        broker.SetResult(true);

        Assert.All(await Task.WhenAll(waiting), Assert.True);
        Assert.Equal(1, _asked);
    }

    // Promise P3: with a replica that is itself half a second behind, a second in all.
    [Fact]
    public async Task Answer_is_good_for_less_than_half_a_second_from_the_question_on()
    {
        Assert.True(BrokerVerdicts.Life < TimeSpan.FromMilliseconds(500));
        var broker = new TaskCompletionSource<bool>();
        _answer = () => broker.Task;
        var first = _verdicts.IsActiveAsync("token", default);
        _time.Advance(BrokerVerdicts.Life - TimeSpan.FromMilliseconds(1));
        broker.SetResult(true);
        Assert.True(await first);
        Assert.True(await _verdicts.IsActiveAsync("token", default));
        Assert.Equal(1, _asked);

        _answer = () => Task.FromResult(false);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(await _verdicts.IsActiveAsync("token", default));
        Assert.Equal(2, _asked);
    }

    // A second and more may have passed at the replica since it looked, with the half in which it may be blind.
    [Fact]
    public async Task Yes_that_comes_late_is_asked_for_again_once()
    {
        _answer = SlowAsync;
        await Assert.ThrowsAsync<WritException>(() => _verdicts.IsActiveAsync("token", default));
        Assert.Equal(2, _asked);

        _answer = () =>
        {
            _answer = () => Task.FromResult(true);
            return SlowAsync();
        };
        Assert.True(await _verdicts.IsActiveAsync("token", default));
        Assert.Equal(4, _asked);

        Task<bool> SlowAsync()
        {
            _time.Advance(BrokerVerdicts.Life);
            return Task.FromResult(true);
        }
    }

    [Fact]
    public async Task No_that_comes_late_is_no()
    {
        _answer = () =>
        {
            _time.Advance(BrokerVerdicts.Life);
            return Task.FromResult(false);
        };
        Assert.False(await _verdicts.IsActiveAsync("token", default));
        Assert.Equal(1, _asked);
    }

    [Fact]
    public async Task Each_token_is_asked_about_for_itself()
    {
        Assert.True(await _verdicts.IsActiveAsync("one", default));
        _answer = () => Task.FromResult(false);
        Assert.False(await _verdicts.IsActiveAsync("other", default));
        Assert.True(await _verdicts.IsActiveAsync("one", default));
    }

    [Fact]
    public async Task Failure_is_not_kept()
    {
        _answer = () => Task.FromException<bool>(new WritException("broker_unreachable", "away"));
        await Assert.ThrowsAsync<WritException>(() => _verdicts.IsActiveAsync("token", default));
        _answer = () => Task.FromResult(true);
        Assert.True(await _verdicts.IsActiveAsync("token", default));
    }

    [Fact]
    public async Task One_who_gives_up_takes_the_answer_from_nobody()
    {
        var broker = new TaskCompletionSource<bool>();
        _answer = () => broker.Task;
        using var impatient = new CancellationTokenSource();
        var gone = _verdicts.IsActiveAsync("token", impatient.Token);
        var patient = _verdicts.IsActiveAsync("token", default);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        broker.SetResult(true);
        Assert.True(await patient);
    }
}
