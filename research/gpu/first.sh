# The first call on the machine: unpack, decode and train, detached; say how it begins.
set -e
mkdir -p /tmp/run/parts /tmp/run/ready
cp -r src .gpu/code /tmp/run/
mv .gpu/p*.npz /tmp/run/parts/
cd /tmp/run
export PYTHONPATH=/tmp/run/src:/tmp/run/code PYTHONUNBUFFERED=1
setsid nohup python3 code/decode.py parts ready 12 > decode.log 2>&1 < /dev/null &
setsid nohup python3 code/trunk.py --ready ready --start code/start.pt --into out --plan code/plan.json \
    > train.log 2>&1 < /dev/null &
for _ in $(seq 75); do
    sleep 1
    if grep -qE 'step 25 |Error|Traceback' train.log; then break; fi
done
cat train.log decode.log
